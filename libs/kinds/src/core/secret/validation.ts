import { lookUp } from '#base';
import { type FieldError, forbiddenField, invalidValue, isConfigMapKey, required, tooLong } from '#api';
import type { Secret } from '#api/types';
import { tokenSecret } from '#objects';
import { base64Bytes, textOf } from '../../rules/base64.ts';
import { immutableField, semanticEqual } from '../../rules/equality.ts';
import { jsonObjectError } from '../../rules/json-text.ts';

const maxBytes = 1_048_576;
const accountName = tokenSecret.nameAnnotation;
const frozen = 'field is immutable when `immutable` is set';

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateSecret. */
export function validateSecret(secret: Secret): FieldError[] {
  const data = secret.data ?? {};
  const size = Object.values(data).reduce((sum, value) => sum + base64Bytes(value), 0);
  return [
    ...Object.keys(data).flatMap((key) => isConfigMapKey(key).map((message) => invalidValue(`data[${key}]`, key, message))),
    ...(size > maxBytes ? [tooLong('data', maxBytes)] : []),
    ...validateType(secret, data),
  ];
}

/** The keys that each well-known type promises to those who read it. */
function validateType(secret: Secret, data: Readonly<Record<string, string>>): FieldError[] {
  switch (secret.type) {
    case tokenSecret.type:
      return secret.metadata.annotations?.[accountName] ? [] : [required(`metadata.annotations[${accountName}]`)];
    case 'kubernetes.io/dockercfg':
      return validateJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      // Either may be missing. The odd path is upstream's own, and clients look for it.
      return 'username' in data || 'password' in data ? [] : [required('data[%s][username]'), required('data[%s][password]')];
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[%s][ssh-privatekey]')];
    case 'kubernetes.io/tls':
      return ['tls.crt', 'tls.key'].filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`));
    default:
      return [];
  }
}

function validateJson(data: Readonly<Record<string, string>>, key: string): FieldError[] {
  const value = lookUp(data, key);
  if (value === undefined) return [required(`data[${key}]`)];
  const error = jsonObjectError(textOf(value));
  return error === undefined ? [] : [invalidValue(`data[${key}]`, '<secret contents redacted>', error)];
}

export function validateSecretUpdate(next: Secret, previous: Secret): FieldError[] {
  const errors = immutableField(next.type, previous.type, 'type');
  if (!previous.immutable) return errors;
  return [
    ...errors,
    ...(next.immutable ? [] : [forbiddenField('immutable', frozen)]),
    ...(semanticEqual(next.data, previous.data) ? [] : [forbiddenField('data', frozen)]),
  ];
}
