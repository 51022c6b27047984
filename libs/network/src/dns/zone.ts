import { isIPv4, isIPv6 } from 'node:net';
import type { DnsRecords, DnsService } from '../contract.ts';
import type { DnsRecord } from './wire.ts';

/** RFC 1035, 4.1.1; BADVERS is of RFC 6891. */
export const Rcode = { NoError: 0, FormErr: 1, ServFail: 2, NxDomain: 3, NotImp: 4, Refused: 5, BadVers: 16 } as const;

export interface Zone {
  /** e.g. `cluster.local`, lower case, no dot at the end. */
  domain: string;
  /** Where this server listens. */
  addresses: readonly string[];
  records: DnsRecords;
}

export interface Answer {
  rcode: number;
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
  /** An ExternalName outside the cluster: its addresses are to be looked up and added. */
  chase?: string;
}

/** The answers change with the endpoints: CoreDNS's default for its kubernetes plugin, for what is there and what is not. */
export const TTL_SECONDS = 5;
/** ExternalNames that lead to each other would never end. */
const MAX_CNAMES = 8;

/** Answers from the cluster's zone; undefined: not ours, ask upstream. Kubernetes DNS specification 1.1.0; names in any case. */
export function answerFrom(zone: Zone, name: string, type: string): Answer | undefined {
  const asked = name.toLowerCase().replace(/\.$/, '');
  if (asked.endsWith('.in-addr.arpa') || asked.endsWith('.ip6.arpa')) return reverse(zone, name, asked, type);
  if (asked !== zone.domain && !asked.endsWith(`.${zone.domain}`)) return undefined;
  const labels = asked === zone.domain ? [] : asked.slice(0, -zone.domain.length - 1).split('.');
  const found = lookUp(zone, labels);
  if (!found) return negative(zone, Rcode.NxDomain);
  const answers = found.filter((record) => record.type === type || type === 'ANY').map((record) => ({ ...record, name }) as DnsRecord);
  const alias = found.find((record) => record.type === 'CNAME');
  if (alias && type !== 'CNAME' && type !== 'ANY') return follow(zone, { ...alias, name } as DnsRecord & { data: string }, type);
  if (answers.length === 0) return negative(zone, Rcode.NoError);
  return { rcode: Rcode.NoError, answers, authorities: [], additionals: type === 'SRV' ? addressesOf(zone, answers) : [] };
}

/** Every record at a name relative to the domain, [] where there are only names below, undefined where there is nothing. */
function lookUp({ domain, addresses, records }: Zone, labels: readonly string[]): DnsRecord[] | undefined {
  const record = (type: DnsRecord['type'], data: unknown): DnsRecord => ({ name: '', ttl: TTL_SECONDS, type, data }) as DnsRecord;
  const [tail, namespace = '', name = '', ...front] = labels.toReversed();
  switch (tail) {
    case undefined:
      return [record('SOA', soa(domain)), record('NS', `ns.dns.${domain}`)];
    case 'dns-version':
      return labels.length === 1 ? [record('TXT', '1.1.0')] : undefined;
    case 'dns':
      if (labels.length === 1) return [];
      return namespace === 'ns' && labels.length === 2 ? addressRecords(addresses) : undefined;
    case 'pod':
    case 'svc':
      break;
    default:
      return undefined;
  }
  if (labels.length === 1) return [];
  if (!records.namespaceExists(namespace)) return undefined;
  if (labels.length === 2) return [];
  if (tail === 'pod') return labels.length === 3 ? podAddress(name) : undefined;
  const service = records.service(namespace, name);
  return service && serviceRecords(service, front, `${name}.${namespace}.svc.${domain}`);
}

/** `front`: the labels before the service's name, the nearest first. */
function serviceRecords(service: DnsService, front: readonly string[], fullName: string): DnsRecord[] | undefined {
  if (service.externalName !== undefined) {
    return front.length === 0 ? [{ name: '', ttl: TTL_SECONDS, type: 'CNAME', data: service.externalName.replace(/\.$/, '') }] : undefined;
  }
  const [first, second] = front;
  if (first === undefined) {
    const ips = service.headless ? service.endpoints.map(({ ip }) => ip) : service.clusterIps;
    return ips.length === 0 ? undefined : [...addressRecords(ips), ...servers(service, fullName, () => true)];
  }
  if (front.length === 1 && first.startsWith('_')) {
    return service.ports.some(({ protocol }) => `_${protocol.toLowerCase()}` === first) ? [] : undefined;
  }
  if (front.length === 1) {
    const ips = service.headless ? service.endpoints.filter((endpoint) => hostLabel(endpoint) === first).map(({ ip }) => ip) : [];
    return ips.length === 0 ? undefined : addressRecords(ips);
  }
  if (front.length !== 2 || second === undefined) return undefined;
  const found = servers(service, fullName, ({ name, protocol }) => `_${name}` === second && `_${protocol.toLowerCase()}` === first);
  return found.length === 0 ? undefined : found;
}

function servers(service: DnsService, fullName: string, wanted: (port: { name: string; protocol: string }) => boolean): DnsRecord[] {
  const targets = service.headless
    ? service.endpoints.flatMap((endpoint) =>
        endpoint.ports.filter(wanted).map(({ port }) => ({ port, target: `${hostLabel(endpoint)}.${fullName}` })),
      )
    : service.ports.filter(wanted).map(({ port }) => ({ port, target: fullName }));
  const unique = [...new Map(targets.map((target) => [`${target.port} ${target.target}`, target])).values()];
  const weight = Math.max(1, Math.floor(100 / Math.max(1, unique.length)));
  return unique.map((target) => ({ name: '', ttl: TTL_SECONDS, type: 'SRV', data: { priority: 0, weight, ...target } }));
}

/** An endpoint without a host name is called by its address, as CoreDNS does: the specification leaves the form open (§2.4.1). */
const hostLabel = ({ hostname, ip }: { hostname?: string; ip: string }): string => hostname?.toLowerCase() ?? ip.replaceAll(/[.:]/g, '-');

function podAddress(label: string): DnsRecord[] | undefined {
  const v4 = label.replaceAll('-', '.');
  const v6 = label.replaceAll('-', ':');
  if (isIPv4(v4)) return addressRecords([v4]);
  return isIPv6(v6) ? addressRecords([v6]) : undefined;
}

function addressRecords(ips: readonly string[]): DnsRecord[] {
  return [...new Set(ips)].flatMap((ip): DnsRecord[] => {
    const type = isIPv4(ip) ? 'A' : isIPv6(ip) ? 'AAAA' : undefined;
    return type ? [{ name: '', ttl: TTL_SECONDS, type, data: ip }] : [];
  });
}

/** The addresses of SRV targets save the client a round trip: RFC 2782, "additional data". */
function addressesOf(zone: Zone, answers: readonly DnsRecord[]): DnsRecord[] {
  const targets = new Set(answers.flatMap((record) => (record.type === 'SRV' ? [record.data.target] : [])));
  return [...targets].flatMap((target) => {
    const found = lookUp(zone, target.slice(0, -zone.domain.length - 1).split('.')) ?? [];
    return found.filter(({ type }) => type === 'A' || type === 'AAAA').map((record) => ({ ...record, name: target }) as DnsRecord);
  });
}

/** The alias, and what it leads to as long as that is in the zone; where it leads out is for upstream (`chase`). */
function follow(zone: Zone, alias: DnsRecord & { data: string }, type: string): Answer {
  const answers: DnsRecord[] = [alias];
  let target = alias.data;
  for (let i = 0; i < MAX_CNAMES; i++) {
    if (!target.toLowerCase().endsWith(`.${zone.domain}`))
      return { rcode: Rcode.NoError, answers, authorities: [], additionals: [], chase: target };
    const found =
      lookUp(
        zone,
        target
          .toLowerCase()
          .slice(0, -zone.domain.length - 1)
          .split('.'),
      ) ?? [];
    answers.push(...found.filter((record) => record.type === type).map((record) => ({ ...record, name: target }) as DnsRecord));
    const next = found.find((record) => record.type === 'CNAME');
    if (next?.type !== 'CNAME') break;
    answers.push({ ...next, name: target });
    target = next.data;
  }
  return { rcode: Rcode.NoError, answers, authorities: [], additionals: [] };
}

/** RFC 1035, 3.5, and RFC 3596, 2.5. undefined for addresses that are none of the cluster's: upstream may know them. */
function reverse(zone: Zone, name: string, asked: string, type: string): Answer | undefined {
  const ip = addressOfReverse(asked);
  const owner = ip && zone.records.reverse(ip);
  if (!owner) return undefined;
  if (type !== 'PTR' && type !== 'ANY') return negative(zone, Rcode.NoError);
  return {
    rcode: Rcode.NoError,
    answers: [{ name, ttl: TTL_SECONDS, type: 'PTR', data: `${owner}.${zone.domain}` }],
    authorities: [],
    additionals: [],
  };
}

/** Of a name below `in-addr.arpa` or `ip6.arpa`, in small letters; undefined for what names no address. */
export function addressOfReverse(asked: string): string | undefined {
  if (asked.endsWith('.in-addr.arpa')) {
    const ip = asked.slice(0, -'.in-addr.arpa'.length).split('.').toReversed().join('.');
    return isIPv4(ip) ? ip : undefined;
  }
  const nibbles = asked.slice(0, -'.ip6.arpa'.length).split('.').toReversed().join('');
  if (!/^[0-9a-f]{32}$/.test(nibbles)) return undefined;
  // The form that the API stores: URL parsing writes an address as RFC 5952 wants it.
  return new URL(`http://[${nibbles.match(/.{4}/g)!.join(':')}]`).hostname.slice(1, -1);
}

/** RFC 2308: what is not there is said with the zone's SOA, whose minimum is how long that may be remembered. */
function negative({ domain }: Zone, rcode: number): Answer {
  const authorities: DnsRecord[] = [{ name: domain, ttl: TTL_SECONDS, type: 'SOA', data: soa(domain) }];
  return { rcode, answers: [], authorities, additionals: [] };
}

const soa = (domain: string) => ({
  mname: `ns.dns.${domain}`,
  rname: `hostmaster.${domain}`,
  serial: 1,
  refresh: 7200,
  retry: 1800,
  expire: 86_400,
  minimum: TTL_SECONDS,
});
