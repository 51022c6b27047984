import { type FieldError, invalidValue, isValidCidr, required } from '#api';
import type { ServiceCIDR } from '#api/types';
import { familyOfCidr } from '../../rules/addresses.ts';

const path = 'spec.cidrs';
const immutable = 'field is immutable';

/** `k8s.io/kubernetes/pkg/apis/networking/validation`, ValidateServiceCIDR. */
export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(path, { cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => isValidCidr(cidr).map((message) => invalidValue(`${path}[${i}]`, cidr, message)));
  const [first, second] = cidrs.map(familyOfCidr);
  if (second !== undefined && first === second) {
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalidValue(path, cidrs, why));
  }
  return errors;
}

/** A range of the other family may be added (kubernetes/kubernetes#131261); nothing else changes. */
export function validateServiceCidrUpdate(next: ServiceCIDR, previous: ServiceCIDR): FieldError[] {
  const [now, before] = [next.spec?.cidrs ?? [], previous.spec?.cidrs ?? []];
  const isAdded = before.length === 1 && now.length === 2;
  if (now.length !== before.length && !isAdded) return [invalidValue(path, now, immutable)];
  return before.flatMap((cidr, i) => (now[i] === cidr ? [] : [invalidValue(`${path}[${i}]`, now[i], immutable)]));
}
