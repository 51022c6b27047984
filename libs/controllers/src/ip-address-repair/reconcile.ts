import { canonicalIp } from '#api';
import type { IPAddress, Service } from '#api/types';
import type { Plan } from '#controller-runtime/contract';

/** networking.k8s.io/v1: LabelManagedBy, LabelIPAddressFamily. */
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const manager = 'ipallocator.k8s.io';
/** The caches of services and addresses follow the store each by itself: what is this young may only not be there yet. */
const GRACE_MS = 60_000;

/** A record of the api-server's, as opposed to what somebody else reserved. */
export const isManaged = ({ metadata }: IPAddress): boolean => metadata.labels?.[managedByLabel] === manager;

export interface Seen {
  namespace: string;
  name: string;
  /** None where it is gone. */
  service: Service | undefined;
  /** The IPAddresses with the names of the service's addresses, whosever they are. */
  records: readonly IPAddress[];
  /** Managed ones that say they are this service's. */
  claimed: readonly IPAddress[];
}

export type Action =
  | { do: 'create'; service: Service; record: IPAddress; message: string }
  | { do: 'delete'; record: IPAddress; reason: string; message: string };

/**
 * The api-server writes a service and its IPAddresses in one step. Here is what an older cluster, or somebody's hand, has left otherwise:
 * upstream's `ipallocator-repair-controller` and its events.
 */
export function reconcile({ namespace, name, service, records, claimed }: Seen, now: Date): Plan<Action> {
  const ips = (service?.spec.clusterIPs ?? []).flatMap((ip) => (ip === 'None' ? [] : (canonicalIp(ip) ?? [])));
  const missing = service ? ips.filter((ip) => !records.some(({ metadata }) => metadata.name === ip)) : [];
  const leaked = claimed.filter(({ metadata }) => !ips.includes(metadata.name ?? ''));
  const ageMs = ({ metadata }: IPAddress): number => now.getTime() - Date.parse(metadata.creationTimestamp ?? '');
  const old = leaked.filter((record) => ageMs(record) >= GRACE_MS);
  const wait = Math.min(...leaked.filter((record) => !old.includes(record)).map((record) => GRACE_MS - ageMs(record)));
  const whose = `IPAddress: ${'%'} for Service ${namespace}/${name}`;
  return {
    actions: [
      ...missing.map((ip): Action => {
        const family = ip.includes(':') ? 'IPv6' : 'IPv4';
        const message = `Cluster IP [${family}]: ${ip} is not allocated; repairing`;
        return { do: 'create', service: service!, record: recordOf(ip, family, { namespace, name }), message };
      }),
      ...old.map((record): Action => {
        const who = whose.replace('%', record.metadata.name ?? '');
        return service
          ? { do: 'delete', record, reason: 'IPAddressWrongReference', message: `${who} has a wrong reference; cleaning up` }
          : { do: 'delete', record, reason: 'IPAddressNotAllocated', message: `${who} appears to have leaked: cleaning up` };
      }),
    ],
    ...(Number.isFinite(wait) && { requeueAfterMs: wait }),
  };
}

function recordOf(ip: string, family: string, { namespace, name }: { namespace: string; name: string }): IPAddress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: ip, labels: { [familyLabel]: family, [managedByLabel]: manager } },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}
