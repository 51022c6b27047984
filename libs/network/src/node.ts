import { type AddressFamily, ipv4, ipv6, mustFamilyOf, ofFamily } from './family.ts';
import { ROUTE_PROTOCOL } from './routes/route-protocol.ts';
import { routeServiceCidrs } from './routes/service-cidrs.ts';
import { hostRunner, ipBatch, must, type Runner } from './runner.ts';

/** Each list holds one a family, of the same families. */
export interface NodeNetworkOptions {
  nodeIps: readonly string[];
  serviceCidrs: readonly string[];
  /** Where LoadBalancer services have addresses, which the node may answer for; a range a family at most. */
  loadBalancerCidrs?: readonly string[];
  /** Put on this node's `lo`: each node answers cluster DNS itself. */
  clusterDns: readonly string[];
  /** The node's own pod ranges, once known. */
  podCidrs?: readonly string[];
  runner?: Runner;
}

const sysctls = new Map([
  [
    ipv4,
    {
      'net.ipv4.ip_forward': '1',
      // A pod is told nothing better than "through the node": a redirect would send it past its only link. Interfaces to come inherit it.
      'net.ipv4.conf.all.send_redirects': '0',
      'net.ipv4.conf.default.send_redirects': '0',
      // Answers to a service's address may come in by another link than the way to the client: loose is what routed pods can bear.
      'net.ipv4.conf.all.rp_filter': '0',
      'net.ipv4.conf.default.rp_filter': '0',
    },
  ],
  // IPv6 knows no filter by path, and pods take redirects from their gateway alone, which is nobody.
  [ipv6, { 'net.ipv6.conf.all.forwarding': '1' }],
]);

/**
 * Readies the node's network namespace for pods and services. Idempotent; needs CAP_NET_ADMIN. Throws CommandFailed with what `ip` refused.
 */
export async function prepareNode(options: NodeNetworkOptions): Promise<void> {
  const { nodeIps, podCidrs = [], serviceCidrs, loadBalancerCidrs = [], runner = hostRunner } = options;
  const lines = ['link set lo up'];
  for (const nodeIp of nodeIps) {
    const family = mustFamilyOf(nodeIp);
    for (const [name, value] of Object.entries(sysctls.get(family) ?? {})) await runner.sysctl(name, value);
    lines.push(
      ...options.clusterDns.filter(ofFamily(family)).map((ip) => serveAt(ip, family)),
      // A pod address that nobody has is unreachable at once, instead of going out to the node's default gateway.
      ...podCidrs.filter(ofFamily(family)).map((cidr) => `route replace unreachable ${cidr} proto ${ROUTE_PROTOCOL}`),
    );
  }
  await ipBatch(runner, lines);
  await routeServiceCidrs({ nodeIps, serviceCidrs: [...serviceCidrs, ...loadBalancerCidrs], runner });
}

/** The kernel must not take such an address for the source of connections to pods: scope host says so, or in IPv6 that it is deprecated. */
function serveAt(ip: string, { bits }: AddressFamily): string {
  return `addr replace ${ip}/${bits} dev lo ${bits === ipv4.bits ? 'scope host' : 'nodad preferred_lft 0'}`;
}

/** Takes back what `prepareNode` and the routes to other nodes have put there; the sysctls stay. */
export async function clearNode({ clusterDns, runner = hostRunner }: { clusterDns: readonly string[]; runner?: Runner }): Promise<void> {
  for (const ip of clusterDns) {
    const { bits } = mustFamilyOf(ip);
    await must(runner, ['ip', bits === ipv4.bits ? '-4' : '-6', 'route', 'flush', 'proto', ROUTE_PROTOCOL]);
    // Absent already is as good as removed.
    await runner.run(['ip', 'addr', 'del', `${ip}/${bits}`, 'dev', 'lo']);
  }
}
