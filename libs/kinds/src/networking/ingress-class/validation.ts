import {
  type FieldError,
  forbiddenField,
  isDns1123Label,
  isDns1123Subdomain,
  isDomainPrefixedPath,
  isPathSegmentName,
  notSupported,
  required,
  tooLong,
} from '#api';
import type { IngressClass, IngressClassParametersReference } from '#api/types';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

const maxControllerBytes = 250;

export function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const controller = spec?.controller ?? '';
  return [
    ...(Buffer.byteLength(controller) > maxControllerBytes ? [tooLong('spec.controller', maxControllerBytes)] : []),
    ...isDomainPrefixedPath('spec.controller', controller),
    ...(spec?.parameters ? validateParameters(spec.parameters, 'spec.parameters') : []),
  ];
}

export function validateIngressClassUpdate(next: IngressClass, previous: IngressClass): FieldError[] {
  return immutableField(next.spec?.controller ?? '', previous.spec?.controller ?? '', 'spec.controller');
}

/** KEP-2365: parameters of the whole cluster, or of one namespace. */
function validateParameters({ apiGroup, kind, name, scope, namespace }: IngressClassParametersReference, path: string): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : complaints(isDns1123Subdomain, apiGroup, `${path}.apiGroup`)),
    ...(kind ? complaints(isPathSegmentName, kind, `${path}.kind`) : [required(`${path}.kind`, 'kind is required')]),
    ...(name ? complaints(isPathSegmentName, name, `${path}.name`) : [required(`${path}.name`, 'name is required')]),
    ...validateScope(scope, namespace, path),
  ];
}

function validateScope(scope: string | undefined, namespace: string | undefined, path: string): FieldError[] {
  if (scope === 'Namespace') {
    return namespace === undefined
      ? [required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")]
      : complaints(isDns1123Label, namespace, `${path}.namespace`);
  }
  if (scope === 'Cluster') {
    return namespace === undefined ? [] : [forbiddenField(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  }
  return [scope === undefined ? required(`${path}.scope`) : notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])];
}
