import type { NodeRoutes } from '../contract.ts';
import { type AddressFamily, ipv4, mustFamilyOf, ofFamily } from '../family.ts';
import { hostRunner, ipBatch, must, type Runner } from '../runner.ts';
import { ROUTE_PROTOCOL } from './route-protocol.ts';

/** Routes of other families, and those without our protocol number, are nobody's here. */
export interface NodeRoutesOptions {
  /** The ranges of all pods: only routes of their families are looked after. */
  clusterCidrs: readonly string[];
  runner?: Runner;
}

/** Routes to the pod ranges of other nodes through their addresses. The nodes must be neighbours on one link. */
export function createNodeRoutes({ clusterCidrs, runner = hostRunner }: NodeRoutesOptions): NodeRoutes {
  const families = clusterCidrs.map(mustFamilyOf);
  return {
    async apply(nodes) {
      const wanted = new Map(
        nodes.flatMap(({ ips, podCidrs }) =>
          families.flatMap((family) => {
            const via = ips.find(ofFamily(family));
            return via === undefined ? [] : podCidrs.filter(ofFamily(family)).map((cidr) => [cidr, via] as const);
          }),
        ),
      );
      const present = new Map((await Promise.all(families.map((family) => presentRoutes(family, runner)))).flat());
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

/** Range and next hop of our routes through other nodes; those without a next hop (pods, services) are not of this kind. */
async function presentRoutes(family: AddressFamily, runner: Runner): Promise<(readonly [string, string])[]> {
  const json = await must(runner, ['ip', '-j', family === ipv4 ? '-4' : '-6', 'route', 'show', 'proto', ROUTE_PROTOCOL]);
  const routes = JSON.parse(json.trim() || '[]') as { dst?: string; gateway?: string }[];
  return routes.flatMap(({ dst, gateway }) => (dst && gateway ? [[dst, gateway] as const] : []));
}
