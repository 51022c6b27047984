/**
 * `resource.Quantity`: a fixed-point number with a suffix. Exact on bigint, in units of 10⁻⁹, the finest that Kubernetes keeps.
 * Values beyond ±(2⁶³-1) are cut to it, finer fractions are rounded away from zero, as upstream does.
 */
export interface Quantity {
  /** The value times 10⁹. */
  readonly nano: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

export class QuantityError extends Error {}

const nanoScale = 9;
const one = 10n ** 9n;
const largest = (2n ** 63n - 1n) * one;
const decimalSuffixes = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const suffixOfExponent = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));

const syntax = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The texts of a cluster are few; long ones, and a flood of others, must not stay. */
const known = new Map<string, Quantity>();
const maxKnown = 4096;
const maxKnownChars = 24;

/** Reads `100m`, `1.5Gi`, `1e3` … Throws QuantityError with upstream's words. */
export function parseQuantity(text: string): Quantity {
  const before = known.get(text);
  if (before) return before;
  const quantity = quantityIn(text);
  if (text.length > maxKnownChars) return quantity;
  if (known.size >= maxKnown) known.clear();
  known.set(text, quantity);
  return quantity;
}

function quantityIn(text: string): Quantity {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?([^\d.+-].*|)$/s.exec(text);
  if (!match || (match[2] === '' && !match[3])) throw new QuantityError(syntax);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const scale = scaleOf(suffix);
  const { digits, dropped } = significant(whole + fraction);
  // value = digits · 2^binary · 10^(decimal + dropped - fraction length); nano adds nine powers of ten.
  const power = scale.decimal + dropped - fraction.length + nanoScale;
  let nano = BigInt(digits) * 2n ** BigInt(scale.binary);
  if (power >= 0) nano *= 10n ** BigInt(Math.min(power, 60));
  else nano = divideUp(nano, 10n ** BigInt(Math.min(-power, 60 + digits.length)));
  if (nano > largest) nano = largest;
  return { nano: sign === '-' ? -nano : nano, format: scale.format };
}

/** Ten times what the largest and finest quantity has. Reading longer ones takes a time that grows with the square of their length. */
const maxDigits = 400;

/** The leading digits, and how many were left out; one more digit stands for those unless they are zero, for the rounding. */
function significant(text: string): { digits: string; dropped: number } {
  const digits = text.replace(/^0+(?=\d)/, '');
  if (digits.length <= maxDigits) return { digits, dropped: 0 };
  const last = /[1-9]/.test(digits.slice(maxDigits)) ? '1' : '0';
  return { digits: digits.slice(0, maxDigits) + last, dropped: digits.length - maxDigits - 1 };
}

function scaleOf(suffix: string): { decimal: number; binary: number; format: Quantity['format'] } {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { decimal, binary: 0, format: 'DecimalSI' };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { decimal: 0, binary: binary * 10, format: 'BinarySI' };
  const exponent = /^[eE]([+-]?\d{1,9})$/.exec(suffix);
  if (exponent) return { decimal: Number(exponent[1]), binary: 0, format: 'DecimalExponent' };
  throw new QuantityError(/^[eEinumkKMGTP]*[-+]?\d*$/.test(suffix) ? "unable to parse quantity's suffix" : syntax);
}

/** Division of a non-negative number, rounded up. */
function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** The one spelling of a quantity: the largest suffix that leaves a whole number. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '';
  const size = nano < 0n ? -nano : nano;
  // A small number or a fraction is written in decimals, so that nothing is lost.
  if (format === 'BinarySI' && size >= 1024n * one && size % one === 0n) {
    let value = size / one;
    let steps = 0;
    while (steps < binarySuffixes.length - 1 && value % 1024n === 0n) {
      value /= 1024n;
      steps++;
    }
    return `${sign}${value}${binarySuffixes[steps]}`;
  }
  let value = size;
  let exponent = -9;
  while (exponent < 18 && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  const suffix = format === 'DecimalExponent' ? (exponent === 0 ? '' : `e${exponent}`) : suffixOfExponent.get(exponent)!;
  return `${sign}${value}${suffix}`;
}

const spellings = new Map<string, string>();

/** The canonical spelling of a quantity's text: `1.5Gi` → `1536Mi`, `0.5` → `500m`. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  let spelling = spellings.get(text);
  if (spelling === undefined) {
    spelling = formatQuantity(parseQuantity(text));
    if (spellings.size >= 4096) spellings.clear(); // the texts of a cluster are few; a flood of others must not stay
    spellings.set(text, spelling);
  }
  return spelling;
}

type Like = Quantity | string | number;
const quantityFrom = (value: Like): Quantity => (typeof value === 'object' ? value : parseQuantity(String(value)));

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: Like, b: Like): number {
  const [x, y] = [quantityFrom(a).nano, quantityFrom(b).nano];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(a: Like, b: Like): Quantity {
  const [x, y] = [quantityFrom(a), quantityFrom(b)];
  return { nano: x.nano + y.nano, format: x.nano === 0n ? y.format : x.format };
}

export function subtractQuantities(a: Like, b: Like): Quantity {
  const [x, y] = [quantityFrom(a), quantityFrom(b)];
  return { nano: x.nano - y.nano, format: x.nano === 0n ? y.format : x.format };
}

function roundedUp(nano: bigint, unit: bigint): number {
  return Number(nano >= 0n ? divideUp(nano, unit) : nano / unit);
}

/** The whole number (bytes, counts), a fraction rounded up. */
export function quantityValue(value: Like): number {
  return roundedUp(quantityFrom(value).nano, one);
}

/** Thousandths (CPU), rounded up. */
export function quantityMilliValue(value: Like): number {
  return roundedUp(quantityFrom(value).nano, one / 1000n);
}

/** As a JavaScript number, with the precision that it has. */
export function quantityToNumber(value: Like): number {
  return Number(quantityFrom(value).nano) / 1e9;
}

export function quantityOf(value: number | bigint, format: Quantity['format'] = 'DecimalSI'): Quantity {
  return { nano: typeof value === 'bigint' ? value * one : BigInt(Math.round(value * 1e3)) * (one / 1000n), format };
}
