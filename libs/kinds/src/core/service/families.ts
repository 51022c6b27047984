import { duplicate, type FieldError, invalidValue, notSupported, required } from '#api';
import type { Service } from '#api/types';
import { familyOf, isValidIp } from '../../rules/addresses.ts';
import { hasClusterIps, isHeadless } from './shape.ts';

const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** KEP-563: `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` must tell one story. */
export function validateClusterIpFields(service: Service): FieldError[] {
  if (!hasClusterIps(service)) return [];
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = service.spec ?? {};
  const errors = validateFirst(service);
  for (const [i, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${i}]`, family, families));
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  }
  const addressErrors = validateAddresses(clusterIPs);
  errors.push(...addressErrors);
  if (clusterIPs.length > 2) errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  if (addressErrors.length > 0) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size !== clusterIPs.length) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless(service)) return errors;
  for (const [i, ip] of clusterIPs.entries()) {
    const family = ipFamilies[i];
    if (family && families.includes(family) && familyOf(ip) !== family) {
      errors.push(invalidValue(`spec.clusterIPs[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
    }
  }
  return errors;
}

function validateFirst({ spec }: Service): FieldError[] {
  const { clusterIP, clusterIPs = [] } = spec ?? {};
  if (!clusterIP) {
    return clusterIPs.length > 0 ? [invalidValue('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified')] : [];
  }
  if (clusterIPs.length === 0) return [required('spec.clusterIPs')];
  return clusterIPs[0] === clusterIP ? [] : [invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`')];
}

function validateAddresses(clusterIPs: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    if (i > 0 || ip !== 'None') return isValidIp(ip, `spec.clusterIPs[${i}]`);
    return clusterIPs.length > 1 ? [invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")] : [];
  });
}

/**
 * What a service has can be added to and, with `SingleStack` (choose-families.ts), given back, but not changed: clients hold on to
 * addresses.
 */
export function validateFamilyUpdate(next: Service, previous: Service): FieldError[] {
  if (!hasClusterIps(next) || !hasClusterIps(previous)) return [];
  const [now, before] = [isHeadless(next), isHeadless(previous)];
  const errors: FieldError[] = [];
  if (!(now && before)) errors.push(...validateList(next, previous, 'clusterIPs'));
  if (!now && !before) errors.push(...validateList(next, previous, 'ipFamilies'));
  return errors;
}

function validateList(next: Service, previous: Service, list: 'clusterIPs' | 'ipFamilies'): FieldError[] {
  const now = next.spec?.[list] ?? [];
  const before = previous.spec?.[list] ?? [];
  const one = list === 'clusterIPs' ? 'clusterIP' : 'ipFamily';
  const changed = (i: number): FieldError => invalidValue(`spec.${list}[${i}]`, now, 'may not change once set');
  if (now.length === before.length) {
    return before.flatMap((value, i) => (now[i] === value ? [] : [changed(list === 'clusterIPs' ? i : 0)]));
  }
  const errors: FieldError[] = [];
  if (now.length === 0) errors.push(invalidValue(`spec.${list}[0]`, now, `primary ${one} can not be unset`));
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.push(changed(0));
  return errors;
}
