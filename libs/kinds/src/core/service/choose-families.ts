import { type FieldError, invalidValue } from '#api';
import type { Service, ServiceSpec } from '#api/types';
import { type Family, familyOf, familyOfCidr } from '../../rules/addresses.ts';
import { semanticEqual } from '../../rules/equality.ts';
import { hasClusterIps, isHeadless } from './shape.ts';

/** The policy and the families, from what was asked and what the cluster has: KEP-563, upstream's `initIPFamilyFields`. */
export function chooseFamilies(
  service: Service,
  previous: Service | undefined,
  serviceCidrs: readonly string[],
): { object: Service } | { errors: FieldError[] } {
  if (!hasClusterIps(service) || staysPreferred(service, previous)) return { object: service };
  const available = serviceCidrs.map((cidr) => familyOfCidr(cidr) ?? 'IPv4');
  const spec = { ...service.spec };
  // Its endpoints are somebody else's, and may be of families that the cluster does not have; also when it is changed.
  const withoutSelector = isHeadless(service) && Object.keys(spec.selector ?? {}).length === 0;
  const policy = spec.ipFamilyPolicy ?? (withoutSelector ? 'RequireDualStack' : 'SingleStack');
  const { families, errors: refused } = familiesOf(spec, available);
  const errors = [...contradictions(spec, policy, previous?.spec), ...refused];
  if (errors.length > 0) return { errors };
  if (!withoutSelector) errors.push(...missing(families, policy, available));
  if (errors.length > 0) return { errors };
  const first = families[0] ?? available[0] ?? 'IPv4';
  const second = families[1] ?? (first === 'IPv4' ? 'IPv6' : 'IPv4');
  const dual = policy !== 'SingleStack' && (families.length > 1 || withoutSelector || available.includes(second));
  return { object: { ...service, spec: { ...spec, ipFamilyPolicy: policy, ipFamilies: dual ? [first, second] : [first] } } };
}

/** A service that would rather have both is not changed because the cluster has been: only when it is asked for. */
function staysPreferred({ spec }: Service, previous: Service | undefined): boolean {
  const before = previous?.spec;
  return (
    before !== undefined &&
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    before.ipFamilyPolicy === 'PreferDualStack' &&
    spec.type === before.type &&
    semanticEqual(spec.clusterIPs, before.clusterIPs) &&
    semanticEqual(spec.ipFamilies, before.ipFamilies)
  );
}

/** Those that were named, and those of the addresses that were. */
function familiesOf({ ipFamilies = [], clusterIPs = [] }: ServiceSpec, available: readonly Family[]) {
  const families = [...ipFamilies] as Family[];
  const errors: FieldError[] = [];
  if (clusterIPs[0] === 'None') return { families, errors };
  for (const [i, ip] of clusterIPs.entries()) {
    if (i < ipFamilies.length) continue;
    const family = familyOf(ip) ?? 'IPv4';
    if (available.includes(family)) families.push(family);
    else errors.push(invalidValue(`spec.clusterIPs[${i}]`, clusterIPs, `${family} is not configured on this cluster`));
  }
  return { families, errors };
}

function contradictions({ ipFamilies = [], clusterIPs = [] }: ServiceSpec, policy: string, before: ServiceSpec = {}): FieldError[] {
  const refusal = (why: string): FieldError => invalidValue('spec.ipFamilyPolicy', policy, why);
  if (policy === 'SingleStack') {
    const either = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    return [
      ...(clusterIPs.length === 2 ? [refusal(`${either} cluster IPs are specified`)] : []),
      ...(ipFamilies.length === 2 ? [refusal(`${either} IP families are specified`)] : []),
    ];
  }
  const isReduced = (now: readonly string[], old: readonly string[] = []): boolean => now.length > 0 && now.length < old.length;
  return [
    ...(isReduced(clusterIPs, before.clusterIPs) ? [refusal("must be 'SingleStack' to release the secondary cluster IP")] : []),
    ...(isReduced(ipFamilies, before.ipFamilies) ? [refusal("must be 'SingleStack' to release the secondary IP family")] : []),
  ];
}

function missing(families: readonly Family[], policy: string, available: readonly Family[]): FieldError[] {
  const single = policy === 'RequireDualStack' && available.length < 2;
  return [
    ...(single ? [invalidValue('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services')] : []),
    ...families.flatMap((family, i) =>
      available.includes(family) ? [] : [invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
    ),
  ];
}
