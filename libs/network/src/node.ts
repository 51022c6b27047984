import { hostRunner, ipBatch, must, type Runner } from './runner.ts';

/** Tags our routes (`ip route show proto 98`), so that they are told from everybody else's. A free number of rtnetlink(7)'s range. */
export const ROUTE_PROTOCOL = '98';

export interface NodeNetworkOptions {
  nodeIp: string;
  serviceCidr: string;
  /** Put on this node's `lo`: each node answers cluster DNS itself. */
  clusterDns: string;
  /** The node's own pod ranges, once known. */
  podCidrs?: readonly string[];
  runner?: Runner;
}

/** Readies the node's network namespace for pods and services. Idempotent. */
export async function prepareNode({
  nodeIp,
  serviceCidr,
  clusterDns,
  podCidrs = [],
  runner = hostRunner,
}: NodeNetworkOptions): Promise<void> {
  const settings = {
    'net.ipv4.ip_forward': '1',
    // A pod is told nothing better than "through the node": a redirect would send it past its only link. Interfaces to come inherit it.
    'net.ipv4.conf.all.send_redirects': '0',
    'net.ipv4.conf.default.send_redirects': '0',
    // Answers to a service's address may come in by another link than the way to the client: loose is what routed pods can bear.
    'net.ipv4.conf.all.rp_filter': '0',
    'net.ipv4.conf.default.rp_filter': '0',
  };
  for (const [name, value] of Object.entries(settings)) await runner.sysctl(name, value);
  await ipBatch(runner, [
    'link set lo up',
    // Scope host: else the kernel would take it for the source of connections to pods.
    `addr replace ${clusterDns}/32 dev lo scope host`,
    // The output hook translates after the route look-up, so the service range needs a route; its source is what pods answer to.
    // What is not translated never leaves: the table's `check` chain refuses or drops it.
    `route replace ${serviceCidr} dev lo src ${nodeIp} proto ${ROUTE_PROTOCOL}`,
    // A pod address that nobody has is unreachable at once, instead of going out to the node's default gateway.
    ...podCidrs.map((cidr) => `route replace unreachable ${cidr} proto ${ROUTE_PROTOCOL}`),
  ]);
}

/** Takes back what `prepareNode` and the routes to other nodes have put there; the sysctls stay. */
export async function clearNode({ clusterDns, runner = hostRunner }: { clusterDns: string; runner?: Runner }): Promise<void> {
  await must(runner, ['ip', 'route', 'flush', 'proto', ROUTE_PROTOCOL]);
  // Absent already is as good as removed.
  await runner.run(['ip', 'addr', 'del', `${clusterDns}/32`, 'dev', 'lo']);
}
