import type { EndpointSlice, Ingress, Service, ServicePort } from '#api/types';
import { type CertificateClaim, ingressClaims, ingressOptions, resolveBackend, type RouteClaim } from '#objects';
import type { IngressBackend, IngressCertificate, IngressRoute, IngressState, RoutingNode } from '../contract.ts';
import { mustFamilyOf } from '../family.ts';
import { endpointsOf } from '../services/service-routes.ts';

/** The objects that Ingresses refer to, as a node knows them. */
export interface IngressSources {
  node: RoutingNode;
  service: (namespace: string, name: string) => Service | undefined;
  slicesOf: (namespace: string, name: string) => readonly EndpointSlice[];
  /** A certificate with its key, checked; undefined when the Secret is not there, or has none that can be served. */
  certificate: (namespace: string, secretName: string) => { certificate: string; key: string } | undefined;
}

/**
 * What a node's proxy serves of these Ingresses. A backend that leads nowhere is there without endpoints, so that its paths answer 503 and
 * are not another's; a host without its certificate shows the default one.
 */
export function ingressState(ingresses: readonly Ingress[], sources: IngressSources): IngressState {
  const claims = ingressClaims(ingresses);
  const backends = new Map<string, IngressBackend>();
  const routes = claims.routes.map((claim): IngressRoute => {
    const backend = backendOf(claim, sources);
    backends.set(backend.name, backend);
    return { host: claim.host, path: claim.path, match: claim.match, backend: backend.name };
  });
  return { routes, backends: [...backends.values()], certificates: certificatesOf(claims.certificates, sources) };
}

function backendOf({ backend, ingress }: RouteClaim, sources: IngressSources): IngressBackend {
  const { namespace = '' } = ingress.metadata;
  const { redirectsToTls, timeoutSeconds } = ingressOptions(ingress);
  const found = resolveBackend(backend, ingress, (name) => sources.service(namespace, name));
  // A dash begins no name of a namespace.
  const target = 'port' in found ? `${namespace}_${found.service.metadata.name}_${found.port.port}` : '-nowhere';
  const name = `${target}${redirectsToTls ? '_tls' : ''}${timeoutSeconds === undefined ? '' : `_${timeoutSeconds}s`}`;
  const options = { name, redirectsToTls, ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
  if (!('port' in found)) return { ...options, endpoints: [], protocol: 'http', affinity: false };
  const { service, port } = found;
  return {
    ...options,
    endpoints: usableEndpoints(service, port, sources),
    protocol: protocolOf(port),
    affinity: service.spec.sessionAffinity === 'ClientIP',
  };
}

/** As services have them: near ones where their hints say so, those that end only where there is no other. One family is enough to reach a pod. */
function usableEndpoints(service: Service, port: ServicePort, { slicesOf, node }: IngressSources): { ip: string; port: number }[] {
  const { namespace = '', name = '' } = service.metadata;
  const all = endpointsOf(service, port, slicesOf(namespace, name), node);
  const near = all.filter(({ distant, terminating }) => !distant && !terminating);
  const usable = near.length > 0 ? near : all.filter(({ distant }) => !distant);
  const wanted = service.spec.ipFamilies?.[0] === 'IPv6' ? 'ip6' : 'ip';
  const ofFamily = usable.filter(({ ip }) => mustFamilyOf(ip).nft === wanted);
  return (ofFamily.length > 0 ? ofFamily : usable).map(({ ip, port: number }) => ({ ip, port: number }));
}

/** KEP-3726, and names that are common for the same. */
function protocolOf({ appProtocol }: ServicePort): IngressBackend['protocol'] {
  switch (appProtocol?.toLowerCase()) {
    case 'kubernetes.io/h2c':
    case 'h2c':
    case 'grpc':
      return 'h2c';
    case 'kubernetes.io/wss':
    case 'https':
    case 'wss':
      return 'https';
    default:
      return 'http';
  }
}

/** One for each Secret, with all hosts that it is for. */
function certificatesOf(claims: readonly CertificateClaim[], sources: IngressSources): IngressCertificate[] {
  const hosts = new Map<string, string[]>();
  for (const { namespace, secretName, host } of claims) {
    const key = `${namespace}/${secretName}`;
    hosts.set(key, [...(hosts.get(key) ?? []), host]);
  }
  return [...hosts].flatMap(([key, names]) => {
    const [namespace = '', secretName = ''] = key.split('/');
    const pair = sources.certificate(namespace, secretName);
    return pair ? [{ hosts: names, ...pair }] : [];
  });
}
