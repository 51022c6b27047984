import { addressAt, canonicalIp, ipFamily, isInCidr, sizeOf } from '#api';
import type { Service } from '#api/types';

/** Addresses that a service asks for, with a comma: `spec.loadBalancerIP` holds one only, and is deprecated. */
export const addressesAnnotation = 'berth.dev/load-balancer-ips';

export interface Problem {
  /** CamelCase, as a condition has it. */
  reason: 'AddressRefused' | 'PoolExhausted';
  message: string;
}

/** Addresses are looked for one by one: a pool may be as large as a network of IPv6. */
const MAX_LOOKED_AT = 65_536;

/**
 * One address for each family of the service: the one that it asks for, else the one that it has, else the first that is free. Where what it
 * asks for is not to be had it keeps what it has.
 */
export function allot(service: Service, pool: readonly string[], taken: ReadonlySet<string>): { ips: string[]; problems: Problem[] } {
  const { asked, problems } = askedFor(service, pool, taken);
  const had = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => canonicalIp(ip ?? '') ?? []);
  const ips: string[] = [];
  for (const family of service.spec.ipFamilies ?? ['IPv4']) {
    const ofFamily = (text: string): boolean => ipFamily(text.split('/')[0]!) === (family === 'IPv6' ? 6 : 4);
    const range = pool.find(ofFamily);
    const wanted = asked.find(ofFamily);
    const kept = had.find((ip) => ofFamily(ip) && !taken.has(ip) && range !== undefined && isInCidr(ip, range));
    // Who asks for an address and cannot have it does not get another.
    const isRefused = problems.length > 0 || (wanted === undefined && asked.length > 0);
    const ip = wanted ?? kept ?? (range === undefined || isRefused ? undefined : firstFree(range, taken));
    if (ip !== undefined) ips.push(ip);
    else if (!isRefused)
      problems.push({ reason: 'PoolExhausted', message: `no free ${family} address in the pool ${range ?? pool.join()}` });
  }
  return { ips, problems };
}

/** What it asks for and can have, and what is wrong with the rest. */
function askedFor(
  { metadata, spec }: Service,
  pool: readonly string[],
  taken: ReadonlySet<string>,
): { asked: string[]; problems: Problem[] } {
  const texts = (metadata.annotations?.[addressesAnnotation] ?? spec.loadBalancerIP ?? '').split(',').map((text) => text.trim());
  const asked: string[] = [];
  const problems: Problem[] = [];
  for (const text of texts.filter((each) => each !== '')) {
    const ip = canonicalIp(text);
    const family = ip !== undefined && ipFamily(ip) === 6 ? 'IPv6' : 'IPv4';
    const refuse = (why: string): unknown => problems.push({ reason: 'AddressRefused', message: `requested address ${text} ${why}` });
    if (ip === undefined) refuse('is not an IP address');
    else if (!(spec.ipFamilies ?? ['IPv4']).includes(family)) refuse(`is of the family ${family}, which the service does not have`);
    else if (!pool.some((range) => isInCidr(ip, range) && isUsable(ip, range))) refuse(`is not in the pool ${pool.join()}`);
    else if (taken.has(ip)) refuse('is in use');
    else if (asked.some((other) => ipFamily(other) === ipFamily(ip))) refuse(`is the second one of the family ${family}`);
    else asked.push(ip);
  }
  return { asked, problems };
}

function firstFree(range: string, taken: ReadonlySet<string>): string | undefined {
  for (let i = 0; i < Math.min(sizeOf(range), MAX_LOOKED_AT); i++) {
    const ip = addressAt(range, i);
    if (!taken.has(ip) && isUsable(ip, range)) return ip;
  }
  return undefined;
}

/** The last address of a pool of IPv4 may be the broadcast address of its network, and the first the network's own. */
function isUsable(ip: string, range: string): boolean {
  return ipFamily(ip) === 6 || !/\.(0|255)$/.test(ip) || sizeOf(range) === 1;
}
