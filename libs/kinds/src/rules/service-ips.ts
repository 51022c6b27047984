import { canonicalIp } from '#api';
import type { IPAddress, Service, ServiceCIDR } from '#api/types';
import { serviceCidrGvk } from '../networking/service-cidr/gvk.ts';
import type { AllocationPool } from '../contract.ts';

/** The name under which at most one object holds an address of services, in any spelling. */
export const serviceIpClaim = (ip: string): string => `service-ip/${canonicalIp(ip) ?? ip}`;

/** networking.k8s.io/v1: LabelIPAddressFamily, LabelManagedBy. */
const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';

/**
 * Where new addresses of services come from: every ServiceCIDR that is ready and stays, the ranges that the cluster began with first (KEP-1880).
 * One whose readiness nobody has judged yet counts as ready; without any ServiceCIDR these are the ranges of the cluster's flags.
 */
export function serviceRanges({ serviceCidrs, list }: Pick<AllocationPool, 'serviceCidrs' | 'list'>): readonly string[] {
  const all = list<ServiceCIDR>(serviceCidrGvk);
  if (all.length === 0) return serviceCidrs;
  const ready = new Set(all.filter(isUsable).flatMap(({ spec }) => spec?.cidrs ?? []));
  return [...serviceCidrs.filter((cidr) => ready.has(cidr)), ...[...ready].filter((cidr) => !serviceCidrs.includes(cidr))];
}

const isUsable = ({ metadata, status }: ServiceCIDR): boolean =>
  metadata.deletionTimestamp === undefined && status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False';

/** One IPAddress for each cluster IP that a service has: those that it has gained, and those that it no longer has. */
export function ipRecords(next: Service | undefined, previous: Service | undefined): { made: IPAddress[]; dropped: IPAddress[] } {
  const [now, before] = [clusterIps(next), clusterIps(previous)];
  return {
    made: now.filter((ip) => !before.includes(ip)).map((ip) => ipRecord(ip, next!)),
    dropped: before.filter((ip) => !now.includes(ip)).map((ip) => ipRecord(ip, previous!)),
  };
}

function ipRecord(ip: string, { metadata: { namespace = '', name = '' } }: Service): IPAddress {
  const labels = { [familyLabel]: ip.includes(':') ? 'IPv6' : 'IPv4', [managedByLabel]: 'ipallocator.k8s.io' };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: ip, labels },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}

const clusterIps = (service: Service | undefined): string[] =>
  (service?.spec?.clusterIPs ?? []).flatMap((ip) => (ip === 'None' ? [] : (canonicalIp(ip) ?? [])));
