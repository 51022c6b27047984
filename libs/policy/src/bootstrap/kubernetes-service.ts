import ipaddr from 'ipaddr.js';
import { addressAt, ApiError, gvkOf, type KubeObject } from '#api';
import type { ServerParts, WriteRequest } from '#api-server/contract';
import type { Lease } from '#api/types';
import { serviceNameLabel, skipMirrorLabel } from '#objects';
import { apiServerUser } from '../authorization/index.ts';
import { type BootstrapParts, ensure } from './bootstrap.ts';

const port = { name: 'https', protocol: 'TCP' };

/** The Service `default/kubernetes`, and its endpoints: the addresses of all api-servers whose Lease is fresh. */
export async function ensureKubernetesService(parts: BootstrapParts, addresses: readonly string[]): Promise<void> {
  // What services have addresses of is known before the first one has one (KEP-1880).
  await ensure(parts, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [...parts.serviceCidrs] },
  } as KubeObject);
  const clusterIP = addressAt(parts.serviceCidrs[0]!, 1); // kept for this service: `https://kubernetes.default.svc` in every pod
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const { port: number } = parts.advertise;
  await ensure(parts, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels },
    spec: { type: 'ClusterIP', clusterIP, ports: [{ ...port, port: 443, targetPort: number }] },
  } as KubeObject);
  // No pod can reach a loopback address: Endpoints refuse them, and the service has none then.
  const sorted = addresses.filter((address) => ipaddr.parse(address).range() !== 'loopback').sort();
  const subsets = sorted.length > 0 ? [{ addresses: sorted.map((ip) => ({ ip })), ports: [{ ...port, port: number }] }] : [];
  await put(parts, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { [skipMirrorLabel]: 'true' } },
    subsets,
  } as KubeObject);
  await put(parts, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { [serviceNameLabel]: 'kubernetes' } },
    addressType: sorted[0]?.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: sorted.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ ...port, port: number }],
  } as KubeObject);
}

/** Creates the object or gives it this state. A write that another server won is made good by its next round. */
export async function put(parts: ServerParts, object: KubeObject): Promise<void> {
  const kind = parts.kinds.ofGvk(gvkOf(object));
  if (!kind) return;
  const { namespace = '', name = '' } = object.metadata;
  const present = parts.view.get<KubeObject>(kind.gvk, namespace, name);
  const { resourceVersion } = present?.metadata ?? {};
  const value = { ...object, metadata: { ...object.metadata, ...(resourceVersion && { resourceVersion }) } };
  const target = { user: apiServerUser, resource: kind.resource, namespace, body: { value }, fieldManager: 'kube-apiserver' };
  const write: WriteRequest = present ? { ...target, verb: 'update', name } : { ...target, verb: 'create' };
  try {
    await parts.service.write(write);
  } catch (err) {
    if (!(err instanceof ApiError) || err.code !== 409) throw err;
  }
}

/** Addresses of the servers whose Lease has not run out. */
export function liveServers(leases: readonly KubeObject[], now: Date): string[] {
  return leases.flatMap((object) => {
    const { metadata, spec } = object as Lease;
    const address = metadata.annotations?.[addressAnnotation];
    const renewed = Date.parse(spec?.renewTime ?? '');
    const fresh = renewed + (spec?.leaseDurationSeconds ?? 0) * 1000 > now.getTime();
    return address && fresh ? [address] : [];
  });
}

/** Of the Lease of an api-server: its address, and `host:port` of its gRPC services, which agents dial. */
export const addressAnnotation = 'berth.dev/advertise-address';
export const grpcAnnotation = 'berth.dev/grpc-address';
