import { type FieldError, invalidValue, isDns1123Subdomain, isPathSegmentName, isValidIp, required } from '#api';
import type { IPAddress } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

/** `k8s.io/kubernetes/pkg/apis/networking/validation`, ValidateIPAddress: the name is the address, in its one spelling. */
export function validateIpAddress({ metadata, spec }: IPAddress): FieldError[] {
  const { name = '' } = metadata;
  const errors = isValidIp(name).map((message) => invalidValue('metadata.name', name, message));
  const path = 'spec.parentRef';
  if (!spec.parentRef) return [...errors, required(path)];
  const { group, resource, namespace, name: parent } = spec.parentRef;
  return [
    ...errors,
    ...(group ? complaints(isDns1123Subdomain, group, `${path}.group`) : []),
    ...(resource ? complaints(isPathSegmentName, resource, `${path}.resource`) : [required(`${path}.resource`)]),
    ...(parent ? complaints(isPathSegmentName, parent, `${path}.name`) : [required(`${path}.name`)]),
    ...(namespace ? complaints(isPathSegmentName, namespace, `${path}.namespace`) : []),
  ];
}

export const validateIpAddressUpdate = (next: IPAddress, previous: IPAddress): FieldError[] =>
  immutableField(next.spec.parentRef, previous.spec.parentRef, 'spec.parentRef');
