import { canonicalIp, type KubeObject } from '#api';
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
    onChange: (listener: (namespace: string) => void): void => {
      const inNamespace = ({ metadata }: KubeObject): void => listener(metadata.namespace ?? '');
      services.onChange(({ object }) => inNamespace(object));
      // The endpoints of others are behind their addresses, and change far more often.
      slices.onChange(({ object, previous }) => {
        const owners = [object, previous].flatMap((slice) => slice?.metadata.labels?.[serviceNameLabel] ?? []);
        const isAsked = (name: string): boolean =>
          (services.get(object.metadata.namespace ?? '', name)?.spec.clusterIP ?? 'None') === 'None';
        if (owners.some(isAsked)) inNamespace(object);
      });
      namespaces.onChange(({ object, previous, deleted }) => {
        if (deleted || previous === undefined) listener(object.metadata.name ?? '');
      });
    },
  };
}
