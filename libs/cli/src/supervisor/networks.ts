import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isValidCidr } from '#api';
import { UsageError } from './usage-error.ts';

/** Networks of a cluster, each with one range or, where it is dual-stack, with a comma and one of either family. */
export interface ClusterNetworks {
  nodeCidr: string;
  podCidr: string;
  serviceCidr: string;
}

/** Which addresses of the node network this machine and the nodes have. */
export const offsets = { bridge: 1, firstNode: 11 } as const;

/** One range, or two of a dual-stack network, in the order in which they were given. */
export const rangesOf = (cidr: string): string[] => cidr.split(',');
export const isIpv4Range = (range: string): boolean => isIPv4(range.split('/')[0]!);

/** What a range may be long: nodes, pods and services need room, and of IPv6 each node has a /64, services no more than 2^20 (upstream's limit). */
const rules = {
  'node-cidr': { ipv4: [8, 28], ipv6: [16, 120], examples: ['10.89.0.0/24', 'fd00:10:89::/64'] },
  'pod-cidr': { ipv4: [8, 28], ipv6: [16, 64], examples: ['10.244.0.0/16', 'fd00:10:244::/56'] },
  'service-cidr': { ipv4: [8, 28], ipv6: [108, 120], examples: ['10.96.0.0/16', 'fd00:10:96::/112'] },
} as const;

/** One IPv4 range, or one of each family; the first of the pods' is the primary family. */
export function checkedNetwork(flag: keyof typeof rules, text: string): string {
  const ranges = rangesOf(text);
  const { ipv4, ipv6, examples } = rules[flag];
  const fits = (range: string): boolean => {
    const [from, to] = isIpv4Range(range) ? ipv4 : ipv6;
    const length = Number(range.split('/')[1]);
    return isValidCidr(range).length === 0 && length >= from && length <= to;
  };
  if (ranges.length <= 2 && ranges.filter(isIpv4Range).length === 1 && ranges.every(fits)) return text;
  const with6 = `alone or with an IPv6 network (/${ipv6[0]} to /${ipv6[1]}) such as ${examples.join()}`;
  throw new UsageError(`--${flag} ${text}: must be an IPv4 network such as ${examples[0]}, ${with6}`);
}

/**
 * The networks of a cluster whose pods have two families: services and nodes get a second range too, made from the bytes of their IPv4
 * range where none is given (10.96.0.0/16 → fd00:10:96::/112). The nodes' addresses come in the order of the pods'. Throws UsageError
 * where they contradict each other.
 */
export function withBothFamilies<T extends ClusterNetworks>(networks: T): T {
  const pods = rangesOf(networks.podCidr);
  const [nodes, services] = (['nodeCidr', 'serviceCidr'] as const).map((key) => rangesOf(networks[key])) as [string[], string[]];
  if (pods.length === 1) {
    const flag = nodes.length > 1 ? '--node-cidr' : services.length > 1 ? '--service-cidr' : undefined;
    if (flag === undefined) return networks;
    throw new UsageError(`${flag} has two address families, --pod-cidr ${networks.podCidr} one: it must have both`);
  }
  if (nodes.length === 1) nodes.push(second(nodes[0]!, 80));
  if (services.length === 1) services.push(second(services[0]!, 112));
  const inOrder = pods.map((range) => nodes.find((other) => isIpv4Range(other) === isIpv4Range(range))!);
  checkDistinct([...pods, ...nodes, ...services]);
  return { ...networks, nodeCidr: inOrder.join(), serviceCidr: services.join() };
}

/** fd00::/8 is everybody's own (RFC 4193). The digits stay what they were, for people who read them. */
function second(ipv4: string, length: number): string {
  const bytes = ipv4.split('/')[0]!.split('.');
  return `${ipaddr.IPv6.parse(`fd00:${bytes.join(':')}::`).toString()}/${length}`;
}

function checkDistinct(ranges: readonly string[]): void {
  for (const [i, range] of ranges.entries()) {
    for (const other of ranges.slice(0, i).filter((each) => isIpv4Range(each) === isIpv4Range(range))) {
      const [a, b] = [ipaddr.parseCIDR(range), ipaddr.parseCIDR(other)] as [[ipaddr.IPv4, number], [ipaddr.IPv4, number]];
      if (a[0].match(b[0], Math.min(a[1], b[1]))) throw new UsageError(`the networks ${other} and ${range} of the cluster overlap`);
    }
  }
}
