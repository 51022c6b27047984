import { addressAt, canonicalIp, isInCidr, isValidCidr, sizeOf } from '#api';
import { badParameter, EngineError } from '../errors.ts';

/** As clients ask for it: Docker Engine API, `IPAMConfig`. */
export interface IpamRequest {
  Subnet: string;
  IPRange: string;
  Gateway: string;
  AuxiliaryAddresses: Record<string, string> | null;
}

/** One range of a network, decided. */
export interface NetworkRange {
  subnet: string;
  /** Where addresses are given out of, if not of all of it. */
  range?: string;
  gateway: string;
  auxiliary?: Record<string, string>;
}

const isV6 = (text: string): boolean => text.includes(':');
const overlap = (a: string, b: string): boolean => isV6(a) === isV6(b) && (isInCidr(a.split('/')[0]!, b) || isInCidr(b.split('/')[0]!, a));

/** Docker's default pools, the default bridge's own aside. */
const pools: readonly string[] = [
  ...Array.from({ length: 14 }, (_, i) => `172.${18 + i}.0.0/16`),
  ...Array.from({ length: 16 }, (_, i) => `192.168.${i * 16}.0/20`),
];

/** The last pool that nobody has, so that networks are given the first, as with Docker. Throws where none is left. */
export function freePool(taken: readonly string[]): string {
  const pool = pools.findLast((each) => !taken.some((other) => overlap(other, each)));
  if (pool === undefined) throw new Error('all predefined address pools overlap with ranges of this node');
  return pool;
}

export interface IpamContext {
  ipv6: boolean;
  /** Ranges that others have: networks, and the node itself. */
  taken: readonly string[];
  /** 64 bits of a unique local range (RFC 4193) for a network that asks for IPv6 and names none. */
  localRange: string;
}

/** The ranges of a new network. Throws 400 for what is no range, 403 for one that others have, 503 where none is left. Pure. */
export function rangesFor(requests: readonly IpamRequest[], { ipv6, taken, localRange }: IpamContext): NetworkRange[] {
  const faults = requests.flatMap((request) => faultsOf(request));
  if (faults.length > 0) throw badParameter(`invalid network config:\n${faults.join('\n')}`);
  const asked = requests.filter(({ Subnet }) => Subnet !== '' && (ipv6 || !isV6(Subnet)));
  const ranges: NetworkRange[] = [];
  for (const request of asked) {
    if ([...taken, ...ranges.map(({ subnet }) => subnet)].some((other) => overlap(other, request.Subnet))) {
      throw new EngineError(403, 'invalid pool request: Pool overlaps with other one on this address space');
    }
    ranges.push(rangeOf(request));
  }
  if (!ranges.some(({ subnet }) => !isV6(subnet))) {
    const subnet = pools.find((pool) => !taken.some((other) => overlap(other, pool)));
    if (subnet === undefined) throw new EngineError(503, 'all predefined address pools have been fully subnetted');
    ranges.unshift(rangeOf({ Subnet: subnet, IPRange: '', Gateway: '', AuxiliaryAddresses: null }));
  }
  if (ipv6 && !ranges.some(({ subnet }) => isV6(subnet))) {
    ranges.push(rangeOf({ Subnet: localRange, IPRange: '', Gateway: '', AuxiliaryAddresses: null }));
  }
  return ranges;
}

function rangeOf({ Subnet, IPRange, Gateway, AuxiliaryAddresses }: IpamRequest): NetworkRange {
  const auxiliary = Object.entries(AuxiliaryAddresses ?? {}).map(([name, ip]) => [name, canonicalIp(ip)!] as const);
  const reserved = new Set(auxiliary.map(([, ip]) => ip));
  let first = addressAt(IPRange || Subnet, IPRange ? 0 : 1);
  // Docker takes the first of the range that is not the network's own.
  for (let i = 1; reserved.has(first) || first === addressAt(Subnet, 0); i++) first = addressAt(IPRange || Subnet, i);
  return {
    subnet: Subnet,
    ...(IPRange !== '' && { range: IPRange }),
    gateway: Gateway === '' ? first : canonicalIp(Gateway)!,
    ...(auxiliary.length > 0 && { auxiliary: Object.fromEntries(auxiliary) }),
  };
}

/** Docker's words for each fault of one configuration. */
function faultsOf({ Subnet, IPRange, Gateway, AuxiliaryAddresses }: IpamRequest): string[] {
  if (Subnet === '') return IPRange === '' && Gateway === '' ? [] : ['no subnet is given for an ip-range or a gateway'];
  if (isValidCidr(Subnet, { sloppy: true }).length > 0) return [`invalid subnet ${Subnet}: invalid CIDR block notation`];
  const [base, length] = [addressAt(Subnet, 0), Subnet.split('/')[1]];
  const faults: string[] = [];
  if (canonicalIp(Subnet.split('/')[0]!) !== base) faults.push(`invalid subnet ${Subnet}: it should be ${base}/${length}`);
  if (IPRange !== '') faults.push(...rangeFaults(IPRange, Subnet));
  const within = (what: string, ip: string, words: string): void => {
    if (canonicalIp(ip) === undefined) faults.push(`invalid ${what}: invalid address`);
    else if (!isInCidr(ip, Subnet)) faults.push(`invalid ${what}: parent subnet ${Subnet} doesn't contain ${words}`);
  };
  if (Gateway !== '') within(`gateway ${Gateway}`, Gateway, 'this address');
  for (const [name, ip] of Object.entries(AuxiliaryAddresses ?? {})) within(`auxiliary address ${ip} (host ${name})`, ip, 'this address');
  return faults;
}

function rangeFaults(range: string, subnet: string): string[] {
  if (isValidCidr(range, { sloppy: true }).length > 0) return [`invalid ip-range ${range}: invalid CIDR block notation`];
  const [base, length] = [addressAt(range, 0), range.split('/')[1]];
  if (canonicalIp(range.split('/')[0]!) !== base) return [`invalid ip-range ${range}: it should be ${base}/${length}`];
  if (Number(length) < Number(subnet.split('/')[1])) {
    return [`invalid ip-range ${range}: CIDR block is bigger than its parent subnet ${subnet}`];
  }
  return isInCidr(base, subnet) ? [] : [`invalid ip-range ${range}: parent subnet ${subnet} doesn't contain ip-range`];
}

/** Addresses that a network gives out of one range, lowest first; never the network's own, its broadcast, its gateway, or what is reserved. */
export function* freeAddresses({ subnet, range, gateway, auxiliary }: NetworkRange): Generator<string> {
  const reserved = new Set([gateway, ...Object.values(auxiliary ?? {}), addressAt(subnet, 0)]);
  if (!isV6(subnet)) reserved.add(addressAt(subnet, sizeOf(subnet) - 1));
  const from = range ?? subnet;
  for (let i = 0; i < sizeOf(from); i++) {
    const ip = addressAt(from, i);
    if (!reserved.has(ip)) yield ip;
  }
}
