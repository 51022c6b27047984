import { type AddressFamily, ipv4, ipv6, mustFamilyOf, ofFamily } from './family.ts';
import { hostRunner, ipBatch, must, type Runner } from './runner.ts';

/** Tags our routes (`ip route show proto 98`), so that they are told from everybody else's. A free number of rtnetlink(7)'s range. */
export const ROUTE_PROTOCOL = '98';

/** Each list holds one a family, of the same families. */
export interface NodeNetworkOptions {
  nodeIps: readonly string[];
  serviceCidrs: readonly string[];
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
  const { nodeIps, podCidrs = [], runner = hostRunner } = options;
  const lines = ['link set lo up'];
  for (const nodeIp of nodeIps) {
    const family = mustFamilyOf(nodeIp);
    for (const [name, value] of Object.entries(sysctls.get(family) ?? {})) await runner.sysctl(name, value);
    lines.push(
      ...options.clusterDns.filter(ofFamily(family)).map((ip) => serveAt(ip, family)),
      // The output hook translates after the route look-up, so the service range needs a route; its source is what pods answer to.
      // What is not translated never leaves: the table's `check` chain refuses or drops it.
      ...(await serviceRoutes(options.serviceCidrs.filter(ofFamily(family)), nodeIp, runner)),
      // A pod address that nobody has is unreachable at once, instead of going out to the node's default gateway.
      ...podCidrs.filter(ofFamily(family)).map((cidr) => `route replace unreachable ${cidr} proto ${ROUTE_PROTOCOL}`),
    );
  }
  await ipBatch(runner, lines);
}

/** The kernel must not take such an address for the source of connections to pods: scope host says so, or in IPv6 that it is deprecated. */
function serveAt(ip: string, { bits }: AddressFamily): string {
  return `addr replace ${ip}/${bits} dev lo ${bits === ipv4.bits ? 'scope host' : 'nodad preferred_lft 0'}`;
}

async function serviceRoutes(cidrs: readonly string[], nodeIp: string, runner: Runner): Promise<string[]> {
  if (cidrs.length === 0) return [];
  // In IPv6 a route over `lo` is one that rejects.
  const device = mustFamilyOf(nodeIp) === ipv4 ? 'lo' : await deviceOf(nodeIp, runner);
  return cidrs.map((cidr) => `route replace ${cidr} dev ${device} src ${nodeIp} proto ${ROUTE_PROTOCOL}`);
}

async function deviceOf(ip: string, runner: Runner): Promise<string> {
  const shown = JSON.parse(await must(runner, ['ip', '-j', 'addr', 'show', 'to', ip])) as { ifname?: string }[];
  const device = shown.find(({ ifname }) => ifname !== undefined)?.ifname;
  if (device === undefined) throw new Error(`no interface of this node has the address ${ip}`);
  return device;
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
