import { byteLength, type FieldError, forbiddenField, invalidValue, isConfigMapKey, tooLong } from '#api';
import { base64Bytes } from '../../rules/base64.ts';
import { semanticEqual } from '../../rules/equality.ts';
import type { ConfigMap } from '#api/types';

/** Keys and values together; the limit that Secrets have too. */
const maxBytes = 1_048_576;
const frozen = 'field is immutable when `immutable` is set';

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateConfigMap. */
export function validateConfigMap(configMap: ConfigMap): FieldError[] {
  const data = configMap.data ?? {};
  const binary = configMap.binaryData ?? {};
  const errors = [
    ...Object.keys(data).flatMap((key) => [
      ...isConfigMapKey(key).map((message) => invalidValue(`data[${key}]`, key, message)),
      ...(Object.hasOwn(binary, key) ? [invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')] : []),
    ]),
    ...Object.keys(binary).flatMap((key) => isConfigMapKey(key).map((message) => invalidValue(`binaryData[${key}]`, key, message))),
  ];
  const size =
    Object.values(data).reduce((sum, value) => sum + byteLength(value), 0) +
    Object.values(binary).reduce((sum, value) => sum + base64Bytes(value), 0);
  if (size > maxBytes) errors.push(tooLong('[]', maxBytes));
  return errors;
}

/** An immutable ConfigMap can only be deleted: KEP-1412. */
export function validateConfigMapUpdate(next: ConfigMap, previous: ConfigMap): FieldError[] {
  if (!previous.immutable) return [];
  return [
    ...(next.immutable ? [] : [forbiddenField('immutable', frozen)]),
    ...(semanticEqual(next.data, previous.data) ? [] : [forbiddenField('data', frozen)]),
    ...(semanticEqual(next.binaryData, previous.binaryData) ? [] : [forbiddenField('binaryData', frozen)]),
  ];
}
