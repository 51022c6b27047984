import { createHash } from 'node:crypto';
import { isInCidr } from '#api';
import type { HostPort, RouteEndpoint, ServiceRoute } from '../contract.ts';
import { type AddressFamily, ofFamily } from '../family.ts';
import { markForMasquerade } from './base-table.ts';
import { emptyRuleset, type Ruleset } from './ruleset.ts';
import { type Rule, spreadRule } from './spread-rule.ts';

export interface ServiceRulesOptions {
  family: AddressFamily;
  /** Of the family. */
  clusterCidr: string;
  /** All that services have addresses of, now; those of other families are left out. */
  serviceCidrs: readonly string[];
  loadBalancerCidr?: string;
  /** Rules of routes that have been seen with the rest of these options. */
  kept?: WeakMap<ServiceRoute, OwnRules>;
  /** Addresses that the node itself serves (cluster DNS): services with them are left alone. */
  ownAddresses?: readonly string[];
}

/**
 * The chains and map elements of services and host ports, of one family: addresses of the other are left out. Of two services that want
 * the same address and port, the first by name gets it.
 *
 * Per service port: `svc-…` spreads over all endpoints, `loc-…` over those of this node, `ext-…` is the way in from outside. While one is
 * ready anywhere, `svc-…` leaves out those that terminate, which may be all that `loc-…` has.
 */
export function serviceRules(services: readonly ServiceRoute[], hostPorts: readonly HostPort[], options: ServiceRulesOptions): Ruleset {
  const rules = new Builder();
  for (const range of outermost(options.serviceCidrs.filter(ofFamily(options.family)))) rules.element('service-cidrs', range, '');
  for (const own of services.map((service) => rulesOf(service, options)).toSorted((a, b) => compare(a.id, b.id))) rules.add(own);
  for (const port of hostPorts) addHostPort(rules, port, options.family);
  return rules.ruleset;
}

/** Those of one route, as lists: with thousands of services each change goes through all of them. */
export interface OwnRules {
  id: string;
  sets: readonly (readonly [name: string, declaration: string])[];
  chains: readonly (readonly [name: string, rules: readonly Rule[]])[];
  elements: readonly (readonly [set: string, key: string, value: string])[];
}

/** Routes that have not changed are the same objects: so are their rules, where the caller keeps them. */
function rulesOf(service: ServiceRoute, options: ServiceRulesOptions): OwnRules {
  const known = options.kept?.get(service);
  if (known) return known;
  const { ruleset } = addService(new Builder(), service, options);
  const elements = [...ruleset.elements].flatMap(([set, all]) => [...all].map(([key, value]) => [set, key, value] as const));
  const own = { id: portId(service), sets: [...ruleset.sets], chains: [...ruleset.chains], elements };
  options.kept?.set(service, own);
  return own;
}

class Builder {
  readonly ruleset: Ruleset = emptyRuleset();

  add({ sets, chains, elements }: OwnRules): void {
    for (const each of sets) this.set(each[0], each[1]);
    for (const each of chains) this.chain(each[0], each[1]);
    for (const each of elements) this.element(each[0], each[1], each[2]);
  }

  /** The first that wants a key keeps it. */
  element(name: string, key: string, value: string): void {
    let elements = this.ruleset.elements.get(name);
    if (!elements) this.ruleset.elements.set(name, (elements = new Map()));
    if (!elements.has(key)) elements.set(key, value);
  }

  /** Answers the name, for who leads there. */
  chain(name: string, rules: readonly Rule[]): string {
    this.ruleset.chains.set(name, rules);
    return name;
  }

  set(name: string, declaration: string): void {
    this.ruleset.sets.set(name, declaration);
  }
}

function addService(rules: Builder, service: ServiceRoute, options: ServiceRulesOptions): Builder {
  const { family, ownAddresses = [], loadBalancerCidr } = options;
  // A service without an address of the family has no part in it: its node ports and external addresses neither.
  if (!service.clusterIps.some(family.owns)) return rules;
  const protocol = service.protocol.toLowerCase();
  const usableHere = service.endpoints
    .filter(({ ip }) => family.owns(ip))
    .toSorted((a, b) => compare(`${a.ip}:${a.port}`, `${b.ip}:${b.port}`));
  const local = usableHere.filter((endpoint) => endpoint.local);
  const ready = usableHere.filter(({ terminating, distant }) => !terminating && !distant);
  const endpoints = ready.length > 0 ? ready : usableHere;
  const usable = (ip: string): boolean => family.owns(ip) && !ownAddresses.includes(ip);
  const key = (ip: string): string => `${ip} . ${protocol} . ${service.port}`;

  const inside = service.internalTrafficPolicy === 'Local' ? local : endpoints;
  for (const ip of service.clusterIps.filter(usable)) {
    rules.element('virtual-ips', ip, '');
    if (inside.length > 0)
      rules.element(
        'services',
        key(ip),
        `goto ${spread(rules, service, { kind: inside === local ? 'loc' : 'svc', endpoints: inside, family })}`,
      );
    else rules.element('unserved', key(ip), endpoints.length > 0 ? 'drop' : 'goto refuse');
  }

  const open = service.externalIps.filter(usable);
  const guarded = service.guarded?.ips.filter(usable) ?? [];
  const outside = [...open, ...guarded];
  // These are nobody's but the services': what they do not serve is refused, as at a cluster IP.
  const isOfPool = (ip: string): boolean => loadBalancerCidr !== undefined && isInCidr(ip, loadBalancerCidr);
  for (const ip of outside.filter(isOfPool)) rules.element('virtual-ips', ip, '');
  if (outside.length > 0 || service.nodePort) {
    const nodeKey = `${protocol} . ${service.nodePort}`;
    if (endpoints.length > 0) {
      const entry = `goto ${external(rules, service, { endpoints, local, options })}`;
      for (const ip of open) rules.element('services', key(ip), entry);
      const ranges = service.guarded?.sourceRanges.filter((range) => isRange(range, family)) ?? [];
      const guard = [ranges.length > 0 ? `${family.nft} saddr != { ${ranges.join(', ')} } drop` : 'drop', entry];
      if (guarded.length > 0) rules.chain(chainName('fw', service), guard);
      for (const ip of guarded) rules.element('services', key(ip), `goto ${chainName('fw', service)}`);
      if (service.nodePort) rules.element('nodeports', nodeKey, entry);
    }
    // KEP-1669: with policy Local, a node without an endpoint of its own swallows what comes from outside.
    const missing = endpoints.length === 0 ? 'goto refuse' : service.externalTrafficPolicy === 'Local' && local.length === 0 ? 'drop' : '';
    if (missing) for (const ip of outside) rules.element('unserved', key(ip), missing);
    if (missing && service.nodePort) rules.element('unserved-nodeports', nodeKey, missing);
  }
  for (const { ip } of local) rules.element('hairpin', `${ip} . ${ip}`, '');
  return rules;
}

/** Ranges may lie in each other, which a set of intervals refuses. */
function outermost(ranges: readonly string[]): string[] {
  const lengthOf = (range: string): number => Number(range.split('/')[1]);
  const kept: string[] = [];
  for (const range of ranges.toSorted((a, b) => lengthOf(a) - lengthOf(b))) {
    if (!kept.some((outer) => isInCidr(range.split('/')[0]!, outer))) kept.push(range);
  }
  return kept;
}

/** The way in from outside: by policy to any endpoint with the node's address, or to one of this node with the client's. */
function external(
  rules: Builder,
  service: ServiceRoute,
  { endpoints, local, options }: { endpoints: readonly RouteEndpoint[]; local: readonly RouteEndpoint[]; options: ServiceRulesOptions },
): string {
  const { family, clusterCidr } = options;
  const all = spread(rules, service, { kind: 'svc', endpoints, family });
  if (service.externalTrafficPolicy === 'Cluster') return rules.chain(chainName('ext', service), [markForMasquerade, `goto ${all}`]);
  return rules.chain(chainName('ext', service), [
    // Pods and the node itself are inside wherever they address: as kube-proxy short-circuits them to the cluster IP's endpoints.
    `${family.nft} saddr ${clusterCidr} goto ${all}`,
    `fib saddr type local ${markForMasquerade} goto ${all}`,
    ...(local.length > 0 ? [`goto ${spread(rules, service, { kind: 'loc', endpoints: local, family })}`] : []),
  ]);
}

interface Spread {
  kind: 'svc' | 'loc';
  endpoints: readonly RouteEndpoint[];
  family: AddressFamily;
}

function spread(rules: Builder, service: ServiceRoute, { kind, endpoints, family }: Spread): string {
  const name = chainName(kind, service);
  if (rules.ruleset.chains.has(name)) return name;
  const protocol = service.protocol.toLowerCase();
  if (service.affinitySeconds) return rules.chain(name, sticky(rules, service, { endpoints, family }));
  return rules.chain(name, [spreadRule(protocol, endpoints, family)]);
}

/** Affinity ClientIP: a set of clients per endpoint, each entry renewed with every new connection. */
function sticky(rules: Builder, service: ServiceRoute, { endpoints, family }: Pick<Spread, 'endpoints' | 'family'>): string[] {
  const protocol = service.protocol.toLowerCase();
  const chains = endpoints.map(({ ip, port }) => {
    const id = digest(`${portId(service)} ${ip} ${port}`);
    rules.set(`clients-${id}`, `type ${family.nftAddress} ; flags dynamic,timeout ; timeout ${service.affinitySeconds}s ;`);
    const update = `update @clients-${id} { ${family.nft} saddr }`;
    const target = family.socket(ip, port);
    return { set: `clients-${id}`, chain: rules.chain(`ep-${id}`, [update, `meta l4proto ${protocol} dnat ${family.nft} to ${target}`]) };
  });
  const any = chains.map(({ chain }, i) => `${i} : goto ${chain}`).join(', ');
  return [
    ...chains.map(({ set, chain }) => `${family.nft} saddr @${set} goto ${chain}`),
    `numgen random mod ${chains.length} vmap { ${any} }`,
  ];
}

function addHostPort(rules: Builder, { podIps, containerPort, hostPort, hostIp, protocol }: HostPort, family: AddressFamily): void {
  const podIp = podIps.find(family.owns);
  if (podIp === undefined || (hostIp !== undefined && !family.owns(hostIp))) return;
  const key = `${protocol.toLowerCase()} . ${hostPort}`;
  const target = `${podIp} . ${containerPort}`;
  if (hostIp === undefined || hostIp === family.any) rules.element('hostports', key, target);
  else rules.element('hostport-addresses', `${hostIp} . ${key}`, target);
  rules.element('hairpin', `${podIp} . ${podIp}`, '');
}

/** `default/web/tcp/80`: unique, as a service has each port and protocol once. */
const portId = ({ service, protocol, port }: ServiceRoute): string => `${service}/${protocol.toLowerCase()}/${port}`;

/** Readable in `nft list ruleset`; a digest where that would be too long for nft, or hold what its grammar does not know. */
function chainName(kind: string, service: ServiceRoute): string {
  const id = portId(service);
  return /^[a-z0-9/.-]{1,100}$/.test(id) ? `${kind}-${id}` : `${kind}-${digest(id)}`;
}

const isRange = (range: string, family: AddressFamily): boolean => {
  const [, bits = ''] = range.split('/');
  return ofFamily(family)(range) && /^\d{1,3}$/.test(bits) && Number(bits) <= family.bits;
};
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
