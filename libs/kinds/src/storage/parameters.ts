import { type FieldError, invalidValue, isQualifiedName, required, tooLong } from '#api';

const maxBytes = 256 * 1024;
const maxCount = 512;

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, validateParameters: of classes, for whoever makes their volumes. */
export function validateParameters(parameters: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (entries.length > maxCount) return [tooLong(field, maxCount)];
  return [
    ...entries.filter(([key]) => key === '').map(([key]) => invalidValue(field, key, 'field can not be empty.')),
    ...(textBytes(parameters) > maxBytes ? [tooLong(field, maxBytes)] : []),
  ];
}

export const textBytes = (map: Readonly<Record<string, string>> | undefined): number =>
  Object.entries(map ?? {}).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);

/** Of a class: who makes its volumes. */
export function validateProvisioner(name: string | undefined, field: string): FieldError[] {
  return name ? isQualifiedName(name.toLowerCase()).map((message) => invalidValue(field, name, message)) : [required(field)];
}
