import { type FieldError, invalidValue, isValidPortName, isValidPortNum, notSupported, required, type TextRule } from '#api';

/** Every complaint of `rule` about `value`, blamed on `field`. */
export function complaints(rule: TextRule, value: string, field: string): FieldError[] {
  return rule(value).map((message) => invalidValue(field, value, message));
}

/** Absent counts as 0, which is fine: whether a field must be there is another rule. */
export function nonNegative(value: number | undefined, field: string): FieldError[] {
  return (value ?? 0) < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
}

/** Absent is `Required`, anything unknown `Unsupported`. */
export function oneOf(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  if (!value) return [required(field)];
  return supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** As `oneOf`, for a field that may be left out. */
export function optionalOneOf(value: string | undefined, supported: readonly string[], field: string): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(field, value, supported)];
}

/** 1 to 65535; absent is 0, and refused as that. */
export function portNumber(value: number | undefined, field: string): FieldError[] {
  return isValidPortNum(value ?? 0).map((message) => invalidValue(field, value ?? 0, message));
}

/** A number, or the name of a container's port (RFC 6335 §5.1). */
export function portNumberOrName(value: number | string | undefined, field: string): FieldError[] {
  return typeof value === 'string' ? complaints(isValidPortName, value, field) : portNumber(value, field);
}

/** In the order in which complaints list them. */
export const protocols = ['SCTP', 'TCP', 'UDP'] as const;
