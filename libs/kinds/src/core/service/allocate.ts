import { addressAt, canonicalIp, type FieldError, internalError, invalidValue, sizeOf } from '#api';
import type { Service, ServicePort } from '#api/types';
import type { Allocation, AllocationPool } from '../../contract.ts';
import { familyOfCidr, inCidr } from '../../rules/addresses.ts';
import { serviceIpClaim, serviceRanges } from '../../rules/service-ips.ts';
import { chooseFamilies } from './choose-families.ts';
import { hasClusterIps, isHeadless, needsHealthCheck, needsNodePorts } from './shape.ts';

/** Names of what at most one service holds. Node ports are taken for each protocol. */
const portClaim = (protocol: string, port: number): string => `node-port/${protocol}/${port}`;

/** Fills in the addresses and ports that the service needs and does not name, and claims them all. */
export function allocate(service: Service, previous: Service | undefined, pool: AllocationPool): Allocation<Service> {
  const held = new Set(previous ? claimsOf(previous, pool) : []);
  const free = (claim: string): boolean => held.has(claim) || !pool.taken(claim);
  const families = chooseFamilies(service, previous, pool.serviceCidrs);
  if ('errors' in families) return families;
  const addressed = withAddresses(families.object, pool, { free, isHeld: (ip) => held.has(serviceIpClaim(ip)) });
  if ('errors' in addressed) return addressed;
  const ported = withNodePorts(addressed.object, pool, free);
  return 'errors' in ported ? ported : { object: ported.object, claims: claimsOf(ported.object, pool) };
}

/** All that the service holds, as it stands. What a change leaves out of it is given up with the same write. */
export function claimsOf(service: Service, pool: Pick<AllocationPool, 'loadBalancerCidrs'>): string[] {
  const { clusterIPs = [], ports = [], healthCheckNodePort } = service.spec ?? {};
  return [
    ...balancerClaims(service, pool),
    ...clusterIPs.filter((ip) => ip !== 'None').map(serviceIpClaim),
    ...ports.flatMap((port) => (port.nodePort ? [portClaim(port.protocol ?? 'TCP', port.nodePort)] : [])),
    ...(healthCheckNodePort ? [portClaim('TCP', healthCheckNodePort)] : []),
  ];
}

/** Addresses of the cluster's own pool; those that another load balancer gives may be shared by services. */
function balancerClaims({ status }: Service, { loadBalancerCidrs }: Pick<AllocationPool, 'loadBalancerCidrs'>): string[] {
  const ips = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [canonicalIp(ip) ?? ip] : []));
  return ips.filter((ip) => loadBalancerCidrs.some((cidr) => inCidr(ip, cidr))).map((ip) => `load-balancer-ip/${ip}`);
}

/** A write of the status: the pool's addresses that a load balancer gives the service become its own, unless another has them. */
export function allocateStatus(service: Service, previous: Service | undefined, pool: AllocationPool): Allocation<Service> {
  const held = new Set(previous ? claimsOf(previous, pool) : []);
  const taken = balancerClaims(service, pool).find((claim) => !held.has(claim) && pool.taken(claim));
  if (taken === undefined) return { object: service, claims: claimsOf(service, pool) };
  const ip = taken.slice(taken.indexOf('/') + 1);
  return { errors: [invalidValue('status.loadBalancer.ingress', ip, 'provided IP is already allocated')] };
}

/** One address for each family, in the order of `ipFamilies`. Throws ApiError 500 when a range is full, as upstream. */
function withAddresses(
  service: Service,
  pool: AllocationPool,
  { free, isHeld }: { free: (claim: string) => boolean; isHeld: (ip: string) => boolean },
): { object: Service } | { errors: FieldError[] } {
  if (!hasClusterIps(service) || isHeadless(service)) return { object: service };
  const ips: string[] = [];
  const asked = service.spec?.clusterIPs ?? [];
  const ranges = serviceRanges(pool);
  for (const [i, family] of (service.spec?.ipFamilies ?? []).entries()) {
    const ip = asked[i];
    if (ip) {
      // What it has stays, whatever ranges the cluster has now.
      const error = isHeld(ip) ? undefined : refusal(ip, ranges, free);
      if (error) return { errors: [invalidValue('spec.clusterIPs', asked, `failed to allocate IP ${ip}: ${error}`)] };
      ips.push(ip);
      continue;
    }
    const chosen = firstOf(
      ranges.filter((cidr) => familyOfCidr(cidr) === family),
      (cidr) => chooseAddress(cidr, pool, free),
    );
    if (chosen === undefined) throw internalError('failed to allocate a serviceIP: range is full');
    ips.push(chosen);
  }
  return { object: { ...service, spec: { ...service.spec, clusterIP: ips[0], clusterIPs: ips } } };
}

/** The first answer there is. */
function firstOf<T>(ranges: readonly string[], choose: (cidr: string) => T | undefined): T | undefined {
  for (const range of ranges) {
    const chosen = choose(range);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

function refusal(ip: string, ranges: readonly string[], free: (claim: string) => boolean): string | undefined {
  if (!ranges.some((cidr) => inCidr(ip, cidr))) return 'the provided network does not match the current range';
  return free(serviceIpClaim(ip)) ? undefined : 'provided IP is already allocated';
}

/**
 * The upper part of the range first: the lower part is left to those who choose addresses themselves (KEP-3070), such as the DNS
 * service. The first address is the API's own and never given out, nor are the network's and the broadcast address.
 */
function chooseAddress(cidr: string, pool: AllocationPool, free: (claim: string) => boolean): string | undefined {
  const last = Math.min(sizeOf(cidr), 65_536) - 2;
  const reserved = Math.min(Math.max(16, Math.floor(last / 16)), 256);
  const from = reserved < last ? reserved + 1 : 1;
  return probe(from, last, pool, (at) => take(cidr, at, free)) ?? probe(1, from - 1, pool, (at) => take(cidr, at, free));
}

function take(cidr: string, at: number, free: (claim: string) => boolean): string | undefined {
  const ip = addressAt(cidr, at);
  return free(serviceIpClaim(ip)) ? ip : undefined;
}

/** Looks from a random place on, once around. */
function probe<T>(from: number, to: number, pool: AllocationPool, attempt: (at: number) => T | undefined): T | undefined {
  const count = to - from + 1;
  if (count <= 0) return undefined;
  const start = pool.below(count);
  for (let i = 0; i < count; i++) {
    const found = attempt(from + ((start + i) % count));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Ports that the client named come first, so that none of them is given to another port of the same service. */
function withNodePorts(
  service: Service,
  pool: AllocationPool,
  free: (claim: string) => boolean,
): { object: Service } | { errors: FieldError[] } {
  const ports = new NodePorts(pool, free);
  const spec = { ...service.spec };
  for (const [i, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort && hasClusterIps(service)) ports.keep(port.nodePort, port.protocol ?? 'TCP', `spec.ports[${i}].nodePort`);
  }
  const checked = needsHealthCheck(service);
  if (checked && spec.healthCheckNodePort) ports.keep(spec.healthCheckNodePort, 'TCP', 'spec.healthCheckNodePort');
  if (ports.errors.length > 0) return { errors: ports.errors };
  if (needsNodePorts(service)) {
    const siblings = Map.groupBy(spec.ports ?? [], ({ port }) => port);
    spec.ports = (spec.ports ?? []).map((port) => {
      if (port.nodePort) return port;
      const chosen = { ...port, nodePort: ports.chooseFor(port, siblings.get(port.port) ?? []) };
      siblings.get(port.port)?.unshift(chosen);
      return chosen;
    });
  }
  if (checked && !spec.healthCheckNodePort) spec.healthCheckNodePort = ports.choose('TCP');
  return { object: { ...service, spec } };
}

/** The node ports of one service while they are being chosen. */
class NodePorts {
  readonly errors: FieldError[] = [];
  private readonly chosen = new Set<string>();

  constructor(
    private readonly pool: AllocationPool,
    private readonly free: (claim: string) => boolean,
  ) {}

  /** A port that the client named. */
  keep(port: number, protocol: string, field: string): void {
    const { from, to } = this.pool.nodePortRange;
    if (port < from || port > to) {
      const why = `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
      this.errors.push(invalidValue(field, port, why));
    } else if (!this.isFree(protocol, port)) this.errors.push(invalidValue(field, port, 'provided port is already allocated'));
    this.chosen.add(portClaim(protocol, port));
  }

  /** One port number for all protocols: a name server is asked by UDP and TCP at the same one. `siblings` have the same port. */
  chooseFor({ protocol = 'TCP' }: ServicePort, siblings: readonly ServicePort[]): number {
    const shared = siblings.find((other) => other.protocol !== protocol && other.nodePort)?.nodePort;
    if (shared === undefined || !this.isFree(protocol, shared)) return this.choose(protocol);
    this.chosen.add(portClaim(protocol, shared));
    return shared;
  }

  choose(protocol: string): number {
    const { from, to } = this.pool.nodePortRange;
    const port = probe(from, to, this.pool, (at) => (this.isFree(protocol, at) ? at : undefined));
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
    this.chosen.add(portClaim(protocol, port));
    return port;
  }

  private isFree(protocol: string, port: number): boolean {
    const claim = portClaim(protocol, port);
    return !this.chosen.has(claim) && this.free(claim);
  }
}
