/** Quantities as exact numbers of nano-units: `k8s.io/apimachinery/pkg/api/resource`. */
const suffixes: Record<string, bigint> = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  '': 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: 10n ** 9n * 2n ** 10n,
  Mi: 10n ** 9n * 2n ** 20n,
  Gi: 10n ** 9n * 2n ** 30n,
  Ti: 10n ** 9n * 2n ** 40n,
  Pi: 10n ** 9n * 2n ** 50n,
  Ei: 10n ** 9n * 2n ** 60n,
};

/** Nano-units, rounded up; undefined when the text is no quantity. */
export function nanosOf(text: string | number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+|[numkMGTPE]?|[KMGTPE]i)$/.exec(String(text));
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = /^[eE]([+-]?\d+)$/.exec(suffix);
  const unit = exponent ? 10n ** 9n : suffixes[suffix];
  if (unit === undefined) return undefined;
  let numerator = BigInt(`${whole}${fraction}`) * unit;
  let denominator = 10n ** BigInt(fraction.length);
  const power = Number(exponent?.[1] ?? 0);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator *= 10n ** BigInt(-power);
  const rounded = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -rounded : rounded;
}

export const compareQuantities = (a: string | number, b: string | number): number => {
  const difference = (nanosOf(a) ?? 0n) - (nanosOf(b) ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
