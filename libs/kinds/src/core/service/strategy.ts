import { cidrWarnings, ipWarnings } from '#api';
import type { Service, ServiceSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { semanticEqual } from '../../rules/equality.ts';
import { hasClusterIps, isExternal, needsHealthCheck, needsNodePorts } from './shape.ts';

/** Upstream's `SetDefaults_Service`, where it depends on other fields. */
export function applyServiceDefaults(service: Service): Service {
  const spec = withAffinity(service.spec ?? {});
  const served = { ...service, spec };
  return {
    ...service,
    spec: {
      ...spec,
      ...(spec.ports && {
        ports: spec.ports.map((port) => ({ ...port, targetPort: port.targetPort === 0 || !port.targetPort ? port.port : port.targetPort })),
      }),
      ...(isExternal(served) && !spec.externalTrafficPolicy && { externalTrafficPolicy: 'Cluster' }),
      ...(hasClusterIps(served) && { internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster' }),
      ...(spec.type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true }),
    },
    ...(service.status && { status: withIpModes(service.status) }),
  };
}

function withAffinity(spec: ServiceSpec): ServiceSpec {
  if (spec.sessionAffinity === 'ClientIP') {
    const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800;
    return { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
  }
  if (spec.sessionAffinity !== undefined && spec.sessionAffinity !== 'None') return spec;
  const { sessionAffinityConfig: _unused, ...rest } = spec;
  return rest;
}

const withIpModes = (status: NonNullable<Service['status']>): NonNullable<Service['status']> => {
  const ingress = status.loadBalancer?.ingress;
  if (!ingress) return status;
  return {
    ...status,
    loadBalancer: { ...status.loadBalancer, ingress: ingress.map((each) => (each.ip ? { ...each, ipMode: each.ipMode ?? 'VIP' } : each)) },
  };
};

export const strategy: Strategy<Service> = {
  prepareForCreate: (service) => ({ ...withSameAddresses(service, undefined), status: { loadBalancer: {} } }),
  prepareForUpdate: (next, previous) => {
    const synced = withSameAddresses(next, previous);
    const kept = withoutSecond(keepFromBefore(synced, previous), previous);
    return { ...dropUnused(kept, previous), status: keepStatus(kept, previous) };
  },
  returnsDeleted: true,
  allowCreateOnUpdate: true,
  warnings: (service) => serviceWarnings(service),
};

export const prepareStatus = (next: Service, previous: Service): Service => ({ ...next, spec: previous.spec });

/** `clusterIP` is the first of `clusterIPs`: whichever of the two a client wrote or changed, the other follows. */
function withSameAddresses(service: Service, previous: Service | undefined): Service {
  const { clusterIP, clusterIPs } = service.spec ?? {};
  const set = (ips: string[] | undefined, ip: string | undefined): Service => ({
    ...service,
    spec: { ...service.spec, clusterIP: ip, clusterIPs: ips },
  });
  if (!previous) {
    if (clusterIP && !clusterIPs?.length) return set([clusterIP], clusterIP);
    return !clusterIP && clusterIPs?.length ? set(clusterIPs, clusterIPs[0]) : service;
  }
  const old = previous.spec ?? {};
  const listSame = semanticEqual(clusterIPs, old.clusterIPs);
  if ((clusterIP ?? '') !== (old.clusterIP ?? '')) {
    if (!listSame && clusterIPs?.length) return service;
    return clusterIP ? set([clusterIP, ...(clusterIPs ?? []).slice(1)], clusterIP) : set(undefined, undefined);
  }
  return listSame || !clusterIPs?.length || clusterIPs[0] === clusterIP ? service : set(clusterIPs, clusterIPs[0]);
}

/**
 * A client that writes what it wrote at first, without the addresses and ports that the server chose, keeps them. Upstream's
 * `patchAllocatedValues`.
 */
function keepFromBefore(next: Service, previous: Service): Service {
  const spec = { ...next.spec };
  const old = previous.spec ?? {};
  if (hasClusterIps(next) && hasClusterIps(previous) && !spec.clusterIP && !spec.clusterIPs?.length) {
    spec.clusterIP = old.clusterIP;
    spec.clusterIPs = old.clusterIPs;
  }
  if (needsNodePorts(previous) && needsNodePorts(next)) spec.ports = keepNodePorts(spec.ports ?? [], old.ports ?? []);
  if (needsHealthCheck(previous) && needsHealthCheck(next) && !spec.healthCheckNodePort) spec.healthCheckNodePort = old.healthCheckNodePort;
  if (hasClusterIps(next) && hasClusterIps(previous)) {
    spec.ipFamilyPolicy ??= old.ipFamilyPolicy;
    spec.ipFamilies ??= old.ipFamilies;
  }
  return { ...next, spec };
}

/** Who sets `SingleStack` and leaves addresses and families alone wants to be rid of the second ones (KEP-563, "downgrade"). */
function withoutSecond(next: Service, previous: Service): Service {
  const { spec } = next;
  if (!spec || spec.ipFamilyPolicy !== 'SingleStack') return next;
  const first = (list: 'clusterIPs' | 'ipFamilies') =>
    (spec[list] ?? []).length > 1 && semanticEqual(spec[list], previous.spec?.[list]) && { [list]: spec[list]!.slice(0, 1) };
  return { ...next, spec: { ...spec, ...first('clusterIPs'), ...first('ipFamilies') } };
}

type Ports = NonNullable<ServiceSpec['ports']>;

function keepNodePorts(next: Ports, previous: Ports): Ports {
  const used = new Set(next.map((port) => port.nodePort).filter(Boolean));
  const idOf = ({ port, protocol }: Ports[number]): string => `${port}/${protocol}`;
  const before = new Map(previous.toReversed().map((old) => [idOf(old), old.nodePort]));
  return next.map((port) => {
    if (port.nodePort) return port;
    const nodePort = before.get(idOf(port));
    return nodePort && !used.has(nodePort) ? { ...port, nodePort } : port;
  });
}

/** What the new type has no use for, and the client did not touch, goes: upstream's `dropTypeDependentFields`. */
function dropUnused(next: Service, previous: Service): Service {
  const spec = { ...next.spec };
  const old = previous.spec ?? {};
  if (hasClusterIps(previous) && !hasClusterIps(next)) {
    const untouched = semanticEqual(spec.clusterIPs, old.clusterIPs) && (spec.clusterIP ?? '') === (old.clusterIP ?? '');
    if (untouched) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (semanticEqual(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePorts(previous) && !needsNodePorts(next) && spec.type !== 'LoadBalancer') {
    const same = (i: number): boolean => spec.ports?.[i]?.nodePort === old.ports?.[i]?.nodePort;
    spec.ports = spec.ports?.map((port, i) => (same(i) ? withoutNodePort(port) : port));
  }
  if (needsHealthCheck(previous) && !needsHealthCheck(next) && spec.healthCheckNodePort === old.healthCheckNodePort) {
    delete spec.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  const leaves = isExternal(previous) && !isExternal({ ...next, spec });
  if (leaves && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (old.type === 'ExternalName' && spec.type !== 'ExternalName' && spec.externalName === old.externalName) delete spec.externalName;
  return { ...next, spec };
}

function withoutNodePort(port: Ports[number]): Ports[number] {
  const { nodePort: _dropped, ...rest } = port;
  return rest;
}

/** A service that stops being a load balancer has no addresses of one. */
function keepStatus(next: Service, previous: Service): Service['status'] {
  const stops = previous.spec?.type === 'LoadBalancer' && next.spec?.type !== 'LoadBalancer';
  return stops ? { ...previous.status, loadBalancer: {} } : previous.status;
}

/** `k8s.io/kubernetes/pkg/api/service`, GetWarningsForService. */
function serviceWarnings({ metadata, spec }: Service): string[] {
  const hints = 'service.kubernetes.io/topology-aware-hints';
  const { type, clusterIPs = [], externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [] } = spec ?? {};
  const isWithoutIp = type === 'ClusterIP' && clusterIPs[0] === 'None';
  const isElsewhere = type === 'ExternalName';
  const warnings: [boolean, string][] = [
    [
      metadata.annotations?.[hints] !== undefined,
      `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ],
    ...clusterIPs.filter((ip) => ip !== 'None').flatMap((ip, i) => told(ipWarnings(`spec.clusterIPs[${i}]`, ip))),
    [isWithoutIp && Boolean(loadBalancerIP), 'spec.loadBalancerIP is ignored for headless services'],
    [isWithoutIp && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'],
    [isWithoutIp && spec?.sessionAffinity === 'ClientIP', 'spec.SessionAffinity is ignored for headless services'],
    ...externalIPs.flatMap((ip, i) => told(ipWarnings(`spec.externalIPs[${i}]`, ip))),
    [
      externalIPs.length > 0 && !isWithoutIp && !isElsewhere,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ],
    ...told(loadBalancerIP ? ipWarnings('spec.loadBalancerIP', loadBalancerIP) : []),
    ...loadBalancerSourceRanges.flatMap((range, i) => told(cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range))),
    [isElsewhere && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isElsewhere && Boolean(spec?.externalName), 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [spec?.trafficDistribution === 'PreferClose', 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
  ];
  return warnings.flatMap(([holds, text]) => (holds ? text : []));
}

const told = (texts: readonly string[]): [boolean, string][] => texts.map((text) => [true, text]);
