import { Int64 } from '#base';
import type { ValueSchema } from '../type-table/schema.ts';

/**
 * A JSON value that does not fit its field. The text is that of Go's `encoding/json`, which clients of Kubernetes know. The path is
 * put together while the error travels up, so that decoding keeps no path.
 */
export class Mismatch extends Error {
  private readonly given: string;
  private readonly goType: string;
  private struct = '';
  private readonly path: string[] = [];

  constructor(value: unknown, goType: string) {
    super();
    this.given = kindOf(value, goType);
    this.goType = goType;
  }

  /** Names the field that the value stands in, from the innermost outwards. */
  within(struct: string, field: string): void {
    this.struct ||= struct;
    this.path.unshift(field);
  }

  override get message(): string {
    const place = this.struct ? `Go struct field ${this.struct}.${this.path.join('.')}` : 'Go value';
    return `json: cannot unmarshal ${this.given} into ${place} of type ${this.goType}`;
  }

  override set message(_text: string) {
    // The text depends on the path, which is known later.
  }
}

/** A value that its own type refuses (quantities, times, base64): upstream's text stands alone. */
export class BadValue extends Error {}

function kindOf(value: unknown, goType: string): string {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Int64) return /^(u?int|float)/.test(goType) ? `number ${value.text}` : 'number';
  switch (typeof value) {
    case 'number':
      return /^(u?int|float)/.test(goType) ? `number ${value}` : 'number';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
      return 'object';
  }
}

/** `io.k8s.api.core.v1.PodSpec` → `v1.PodSpec`. */
export const goTypeName = (name: string): string => name.split('.').slice(-2).join('.');
export const bareTypeName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

export function goType(value: ValueSchema): string {
  switch (value.type) {
    case 'struct':
      return goTypeName(value.of);
    case 'list':
      return `[]${goType(value.items)}`;
    case 'map':
      return `map[string]${goType(value.values)}`;
    case 'bytes':
      return '[]uint8';
    case 'quantity':
      return 'resource.Quantity';
    case 'time':
      return 'v1.Time';
    case 'microTime':
      return 'v1.MicroTime';
    case 'intOrString':
      return 'intstr.IntOrString';
    default:
      return value.goType ?? value.type;
  }
}
