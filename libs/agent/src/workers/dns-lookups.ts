import { canonicalIp } from '#api';
import type { EndpointSlice, Namespace, Service } from '#api/types';
import type { Informer } from '#client/contract';
import { serviceNameLabel } from '#objects';

/** How the DNS server finds what it answers from: indexes over the caches that the service tables use too. */
export function dnsLookups({
  services,
  slices,
  namespaces,
}: {
  services: Informer<Service>;
  slices: Informer<EndpointSlice>;
  namespaces: Informer<Namespace>;
}) {
  // In one spelling: addresses may be written in several ways, and questions come in one.
  services.addIndex('ip', ({ spec }) => (spec.clusterIPs ?? [spec.clusterIP ?? '']).flatMap((ip) => canonicalIp(ip) ?? []));
  slices.addIndex('service', ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`]);
  slices.addIndex('ip', ({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
  return {
    service: (namespace: string, name: string) => services.get(namespace, name),
    slicesOf: (namespace: string, name: string) => slices.byIndex('service', `${namespace}/${name}`),
    namespaceExists: (namespace: string) => namespaces.get('', namespace) !== undefined,
    serviceByIp: (ip: string) => services.byIndex('ip', ip)[0],
    slicesByIp: (ip: string) => slices.byIndex('ip', ip),
  };
}
