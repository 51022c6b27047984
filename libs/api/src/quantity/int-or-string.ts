/** `intstr.IntOrString`: a number, or text that is a percentage where a percentage is allowed. */
export type IntOrString = number | string;

/** The number of a percentage such as `25%`; undefined for anything else. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^[+-]?\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/**
 * A number as it is, a percentage scaled by `total`. Throws an Error with upstream's words for text that is no percentage.
 * `k8s.io/apimachinery/pkg/util/intstr`, GetScaledValueFromIntOrPercent.
 */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) {
    const why = value.endsWith('%') ? `invalid value "${value}": ` : 'invalid type: string is not a percentage';
    throw new Error(`invalid value for IntOrString: ${why}`);
  }
  // Multiply before dividing: 7 % of 100 must be 7 exactly.
  return rounding === 'up' ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}
