import ipaddr from 'ipaddr.js';
import { addressAt, isValidCidr, sizeOf } from '#api';
import { isIpv4Range, offsets, rangesOf } from './networks.ts';
import { UsageError } from './usage-error.ts';

const FLAG = '--load-balancer-cidr';

interface PoolSettings {
  nodes: number;
  nodeCidr: string;
  /** '': the default part; `none`. */
  loadBalancerCidr: string;
}

/** `none`, one range, or one of each family. Whether it lies in the node network is known with the rest of the settings. */
export function checkedPool(text: string): string {
  const ranges = rangesOf(text);
  const good = ranges.length <= 2 && ranges.every((range) => isValidCidr(range).length === 0);
  if (text === 'none' || (good && new Set(ranges.map(isIpv4Range)).size === ranges.length)) return text;
  throw new UsageError(`${FLAG} ${text}: must be none or a part of the node network such as 10.89.0.224/27, one a family`);
}

/**
 * Where LoadBalancer services get their addresses, one range a family of the node network at most. What is not given is the last eighth of
 * the network, or of its first 65,536 addresses: nodes have the addresses from the 11th on, 200 at most. Throws UsageError for a pool that
 * is not of the node network, or has addresses of the machine and the nodes in it.
 */
export function poolsOf({ nodes, nodeCidr, loadBalancerCidr }: PoolSettings): string[] {
  if (loadBalancerCidr === 'none') return [];
  const networks = rangesOf(nodeCidr);
  if (loadBalancerCidr === '') return networks.map(lastEighth);
  const pools = rangesOf(loadBalancerCidr);
  const taken = [offsets.bridge, ...Array.from({ length: nodes }, (_, i) => offsets.firstNode + i)];
  for (const pool of pools) {
    const network = networks.find((each) => isIpv4Range(each) === isIpv4Range(pool));
    if (network === undefined || !isWithin(pool, network)) {
      throw new UsageError(`${FLAG} ${pool}: must be a part of the node network ${nodeCidr}`);
    }
    const held = taken.map((offset) => addressAt(network, offset)).find((ip) => isWithin(`${ip}/${lengthOf(ip)}`, pool));
    if (held !== undefined) throw new UsageError(`${FLAG} ${pool}: must not have the address ${held} of the machine or a node in it`);
  }
  return pools;
}

function lastEighth(network: string): string {
  const size = Math.min(sizeOf(network), 65_536);
  return `${addressAt(network, (size / 8) * 7)}/${lengthOf(network) - Math.log2(size / 8)}`;
}

const lengthOf = (range: string): number => (isIpv4Range(range) ? 32 : 128);

function isWithin(range: string, outer: string): boolean {
  const [inside, around] = [ipaddr.parseCIDR(range), ipaddr.parseCIDR(outer)] as [[ipaddr.IPv4, number], [ipaddr.IPv4, number]];
  return inside[1] >= around[1] && inside[0].match(around);
}
