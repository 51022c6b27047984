import { type AddressFamily, ipv4, mustFamilyOf, ofFamily } from '../family.ts';
import { deviceOf } from '../links/node-link.ts';
import { hostRunner, ipBatch, must, type Runner } from '../runner.ts';
import { ROUTE_PROTOCOL } from './route-protocol.ts';

/**
 * Routes for all that services have addresses of; those that it made for other ranges go. The output hook translates after the route
 * look-up, so a range needs a route; its source is what pods answer to. What is not translated never leaves: the table's `check` chain
 * refuses or drops it.
 */
export async function routeServiceCidrs({
  nodeIps,
  serviceCidrs,
  runner = hostRunner,
}: {
  nodeIps: readonly string[];
  serviceCidrs: readonly string[];
  runner?: Runner;
}): Promise<void> {
  const lines: string[] = [];
  for (const nodeIp of nodeIps) {
    const family = mustFamilyOf(nodeIp);
    // In IPv6 a route over `lo` is one that rejects.
    const device = family === ipv4 ? 'lo' : await deviceOf(nodeIp, runner);
    const wanted = serviceCidrs.filter(ofFamily(family));
    const present = await presentRanges(family, device, runner);
    lines.push(
      ...present.filter((range) => !wanted.includes(range)).map((range) => `route del ${range} dev ${device} proto ${ROUTE_PROTOCOL}`),
      ...wanted.map((range) => `route replace ${range} dev ${device} src ${nodeIp} proto ${ROUTE_PROTOCOL}`),
    );
  }
  await ipBatch(runner, lines);
}

/** Of our routes those that end at this node: routes to other nodes have a next hop, and those of its pods a device of their own, or none. */
async function presentRanges(family: AddressFamily, device: string, runner: Runner): Promise<string[]> {
  const version = family === ipv4 ? '-4' : '-6';
  const json = await must(runner, ['ip', '-j', version, 'route', 'show', 'proto', ROUTE_PROTOCOL, 'dev', device]);
  const routes = JSON.parse(json.trim() || '[]') as { dst?: string; gateway?: string; type?: string }[];
  return routes.flatMap(({ dst, gateway, type }) => (dst && !gateway && type !== 'unreachable' ? [dst] : []));
}
