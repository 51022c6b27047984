import type { EndpointSlice, Service } from '#api/types';
import { serviceNameLabel } from '#objects';
import type { DnsRecords, DnsService } from '../contract.ts';
import { isReady } from '../services/service-routes.ts';

/** How to find objects: an agent passes look-ups in its caches. */
export interface DnsLookups {
  service(namespace: string, name: string): Service | undefined;
  /** The endpoint slices labelled with this service. */
  slicesOf(namespace: string, name: string): readonly EndpointSlice[];
  namespaceExists(namespace: string): boolean;
  /** The service with this cluster IP. */
  serviceByIp(ip: string): Service | undefined;
  /** Endpoint slices with this address. */
  slicesByIp(ip: string): readonly EndpointSlice[];
  /** Tells from then on in which namespace something changes that answers are made of. */
  onChange?(listener: (namespace: string) => void): void;
}

/** Kubernetes DNS specification 1.1.0, from the objects of the API. */
export function dnsRecords(lookups: DnsLookups): DnsRecords {
  return {
    service(namespace, name) {
      const service = lookups.service(namespace, name);
      return service && dnsService(service, () => lookups.slicesOf(namespace, name));
    },
    onChange: (listener) => lookups.onChange?.(listener),
    namespaceExists: (namespace) => lookups.namespaceExists(namespace),
    reverse(ip) {
      const service = lookups.serviceByIp(ip);
      if (service) return `${service.metadata.name}.${service.metadata.namespace}.svc`;
      for (const slice of lookups.slicesByIp(ip)) {
        const name = slice.metadata.labels?.[serviceNameLabel];
        const namespace = slice.metadata.namespace;
        const owner = name && namespace ? lookups.service(namespace, name) : undefined;
        const hostname = slice.endpoints?.find(({ addresses }) => addresses.includes(ip))?.hostname;
        if (owner?.spec.clusterIP === 'None' && hostname) return `${hostname}.${name}.${namespace}.svc`;
      }
      return undefined;
    },
  };
}

function dnsService(service: Service, slices: () => readonly EndpointSlice[]): DnsService {
  const { spec } = service;
  const ports = (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port }) => ({ name, protocol, port }));
  if (spec.type === 'ExternalName')
    return { clusterIps: [], headless: false, externalName: spec.externalName ?? '', ports: [], endpoints: [] };
  if (spec.clusterIP !== 'None') {
    const clusterIps = spec.clusterIPs?.length ? spec.clusterIPs : spec.clusterIP ? [spec.clusterIP] : [];
    return { clusterIps, headless: false, ports, endpoints: [] };
  }
  const endpoints = slices().flatMap((slice) => {
    const named = (slice.ports ?? []).flatMap(({ name, protocol, port }) =>
      port ? [{ name: name ?? '', protocol: protocol ?? 'TCP', port }] : [],
    );
    return (slice.endpoints ?? [])
      .filter((endpoint) => isReady(endpoint, service))
      .flatMap(({ addresses, hostname }) => addresses.map((ip) => ({ ip, ...(hostname && { hostname }), ports: named })));
  });
  return { clusterIps: [], headless: true, ports, endpoints };
}
