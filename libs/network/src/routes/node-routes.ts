import type { NodeRoutes } from '../contract.ts';
import { ROUTE_PROTOCOL } from '../node.ts';
import { hostRunner, ipBatch, must, type Runner } from '../runner.ts';

/** Routes to the pod ranges of other nodes through their addresses. The nodes must be neighbours on one link. */
export function createNodeRoutes({ runner = hostRunner }: { runner?: Runner } = {}): NodeRoutes {
  return {
    async apply(nodes) {
      const wanted = new Map(nodes.flatMap(({ ips, podCidrs }) => podCidrs.filter(isIpv4Cidr).map((cidr) => [cidr, ips[0]!] as const)));
      const present = parseRoutes(await must(runner, ['ip', '-j', '-4', 'route', 'show', 'proto', ROUTE_PROTOCOL]));
      const lines = [
        ...[...present].filter(([cidr]) => !wanted.has(cidr)).map(([cidr, ip]) => `route del ${cidr} via ${ip} proto ${ROUTE_PROTOCOL}`),
        ...[...wanted]
          .filter(([cidr, ip]) => present.get(cidr) !== ip)
          .map(([cidr, ip]) => `route replace ${cidr} via ${ip} proto ${ROUTE_PROTOCOL}`),
      ];
      if (lines.length > 0) await ipBatch(runner, lines);
    },
  };
}

const isIpv4Cidr = (cidr: string): boolean => /^[\d.]+\/\d+$/.test(cidr);

/** Range → next hop of our routes through other nodes; those without a next hop (pods, services) are not of this kind. */
function parseRoutes(json: string): Map<string, string> {
  const routes = JSON.parse(json.trim() || '[]') as { dst?: string; gateway?: string }[];
  return new Map(routes.flatMap(({ dst, gateway }) => (dst && gateway ? [[dst, gateway] as const] : [])));
}
