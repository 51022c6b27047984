import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  notSupported,
  required,
  validateLabels,
} from '#api';
import type { Service, ServicePort } from '#api/types';
import { isValidCidr, isValidIp, notSpecialIp } from '../../rules/addresses.ts';
import { complaints, oneOf, portNumber, portNumberOrName, protocols } from '../../rules/checks.ts';
import { validateClusterIpFields, validateFamilyUpdate } from './families.ts';
import { isExternal, isHeadless, needsHealthCheck } from './shape.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const topologyMode = 'service.kubernetes.io/topology-mode';
const sourceRangesKey = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'";

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateService. */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  return [
    ...validateTopologyAnnotations(service),
    ...validateByType(service),
    ...validatePorts(service),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(service),
    ...validateClusterIpFields(service),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => {
      const errors = isValidIp(ip, `spec.externalIPs[${i}]`);
      return errors.length > 0 ? errors : notSpecialIp(ip, `spec.externalIPs[${i}]`);
    }),
    ...oneOf(spec.type, types, 'spec.type'),
    ...validatePortNumbers(service),
    ...validateSourceRanges(service),
    ...validateLoadBalancer(service),
    ...validateTrafficPolicies(service),
  ];
}

function validateTopologyAnnotations({ metadata }: Service): FieldError[] {
  const [hints, mode] = [metadata.annotations?.[topologyHints], metadata.annotations?.[topologyMode]];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalidValue(`metadata.annotations[${topologyMode}]`, mode, `must match annotations[${topologyHints}] when both are specified`)];
}

function validateByType(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const errors: FieldError[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(service) && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(service)) {
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== 'ExternalName') return errors;
  const no = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbiddenField('spec.clusterIPs', no));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbiddenField('spec.ipFamilies', no));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', no));
  const cname = (spec.externalName ?? '').replace(/\.$/, '');
  errors.push(...(cname ? complaints(isDns1123Subdomain, cname, 'spec.externalName') : [required('spec.externalName')]));
  return errors;
}

function validatePorts({ spec }: Service): FieldError[] {
  const ports = spec?.ports ?? [];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const errors = validatePort(port, { field: `spec.ports[${i}]`, named: ports.length > 1, taken: names });
    if (port.name) names.add(port.name);
    return errors;
  });
}

function validatePort(port: ServicePort, at: { field: string; named: boolean; taken: ReadonlySet<string> }): FieldError[] {
  const { field } = at;
  const errors: FieldError[] = [];
  if (!port.name && at.named) errors.push(required(`${field}.name`));
  if (port.name) {
    errors.push(...complaints(isDns1123Label, port.name, `${field}.name`));
    if (at.taken.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
  }
  return [
    ...errors,
    ...portNumber(port.port, `${field}.port`),
    ...oneOf(port.protocol, protocols, `${field}.protocol`),
    ...portNumberOrName(port.targetPort, `${field}.targetPort`),
    ...(port.appProtocol === undefined ? [] : complaints(isQualifiedName, port.appProtocol, `${field}.appProtocol`)),
  ];
}

function validatePortNumbers({ spec }: Service): FieldError[] {
  const ports = spec?.ports ?? [];
  const seen = new Set<string>();
  const again = (key: string): boolean => {
    const known = seen.has(key);
    seen.add(key);
    return known;
  };
  return [
    ...ports.flatMap((port, i) =>
      spec?.type === 'ClusterIP' && port.nodePort
        ? [forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
        : [],
    ),
    ...ports.flatMap((port, i) =>
      port.nodePort && again(`node/${port.protocol}/${port.nodePort}`) ? [duplicate(`spec.ports[${i}].nodePort`, port.nodePort)] : [],
    ),
    ...ports.flatMap((port, i) =>
      again(`port/${port.protocol}/${port.port}`) ? [duplicate(`spec.ports[${i}]`, { protocol: port.protocol, port: port.port })] : [],
    ),
  ];
}

function validateAffinity({ spec }: Service): FieldError[] {
  const errors = oneOf(spec?.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity');
  const config = spec?.sessionAffinityConfig;
  const path = 'spec.sessionAffinityConfig';
  if (spec?.sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbiddenField(path, 'must not be set when session affinity is None'));
  }
  if (spec?.sessionAffinity !== 'ClientIP') return errors;
  const when = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) return [...errors, required(path, when)];
  if (!config.clientIP) return [...errors, required(`${path}.clientIP`, when)];
  if (seconds === undefined) return [...errors, required(`${path}.clientIP.timeoutSeconds`, when)];
  const good = seconds > 0 && seconds <= 86_400;
  return good
    ? errors
    : [...errors, invalidValue(`${path}.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400')];
}

function validateSourceRanges({ metadata, spec }: Service): FieldError[] {
  const ranges = spec?.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[sourceRangesKey];
  const misplaced = spec?.type !== 'LoadBalancer';
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges';
    return [
      ...(misplaced ? [forbiddenField(path, onlyLoadBalancer)] : []),
      ...ranges.flatMap((range, i) => isValidCidr(range.trim(), `${path}[${i}]`)),
    ];
  }
  if (annotation === undefined) return [];
  const path = `metadata.annotations[${sourceRangesKey}]`;
  return [
    ...(misplaced ? [forbiddenField(path, onlyLoadBalancer)] : []),
    ...(annotation.trim() === '' ? [] : annotation.split(',').flatMap((range) => isValidCidr(range.trim(), path))),
  ];
}

function validateLoadBalancer({ spec }: Service): FieldError[] {
  const { allocateLoadBalancerNodePorts, loadBalancerClass } = spec ?? {};
  if (spec?.type === 'LoadBalancer') {
    return loadBalancerClass === undefined ? [] : complaints(isQualifiedName, loadBalancerClass, 'spec.loadBalancerClass');
  }
  return [
    ...(allocateLoadBalancerNodePorts === undefined ? [] : [forbiddenField('spec.allocateLoadBalancerNodePorts', onlyLoadBalancer)]),
    ...(loadBalancerClass === undefined ? [] : [forbiddenField('spec.loadBalancerClass', onlyLoadBalancer)]),
  ];
}

function validateTrafficPolicies(service: Service): FieldError[] {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal, healthCheckNodePort, trafficDistribution } = service.spec ?? {};
  const errors: FieldError[] = [];
  if (isExternal(service)) errors.push(...oneOf(external, ['Cluster', 'Local'], 'spec.externalTrafficPolicy'));
  else if (external) {
    errors.push(invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
  }
  if (healthCheckNodePort && !needsHealthCheck(service)) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', healthCheckNodePort, why));
  } else if (healthCheckNodePort) {
    errors.push(...portNumber(healthCheckNodePort, 'spec.healthCheckNodePort'));
  }
  if (internal !== undefined && !['Cluster', 'Local'].includes(internal)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  }
  const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, distributions));
  }
  return errors;
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateServiceUpdate. */
export function validateServiceUpdate(next: Service, previous: Service): FieldError[] {
  const errors = validateFamilyUpdate(next, previous);
  const [now, before] = [next.spec ?? {}, previous.spec ?? {}];
  if (now.type === 'LoadBalancer' && before.type === 'LoadBalancer' && now.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', now.loadBalancerClass ?? null, 'may not change once set'));
  }
  const checked = needsHealthCheck(next) && needsHealthCheck(previous);
  if (checked && now.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateServiceStatusUpdate. */
export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (ingress.length > 0 && spec?.type !== 'LoadBalancer') {
    return [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => {
    const field = `${path}[${i}]`;
    return [
      ...(ip ? isValidIp(ip, `${field}.ip`) : []),
      ...(ipMode !== undefined && !ip ? [forbiddenField(`${field}.ipMode`, 'may not be specified when `ip` is not set')] : []),
      ...(ipMode !== undefined && ip && !['Proxy', 'VIP'].includes(ipMode)
        ? [notSupported(`${field}.ipMode`, ipMode, ['Proxy', 'VIP'])]
        : []),
      ...(hostname ? complaints(isDns1123Subdomain, hostname, `${field}.hostname`) : []),
      ...(hostname && isValidIp(hostname, field).length === 0
        ? [invalidValue(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address')]
        : []),
    ];
  });
}
