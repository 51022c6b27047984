export class YamlSyntax extends Error {}

const words = new Map<string, unknown>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word): [string, unknown] => [word, true]),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word): [string, unknown] => [word, false]),
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, unknown] => [word, null]),
]);
const notInJson = new Set([
  '.nan',
  '.NaN',
  '.NAN',
  ...['', '+', '-'].flatMap((sign) => ['.inf', '.Inf', '.INF'].map((word) => sign + word)),
]);

/**
 * The value of a scalar as Go's library finds it (`resolve` of `goyaml.v2`): words and numbers of YAML 1.1 where it is plain, text where it is
 * quoted or looks like a date. Throws YamlSyntax.
 */
export function scalarOf(text: string, { tag, plain }: { tag: string; plain: boolean }): unknown {
  const kind = kindOf(tag);
  if (kind === 'binary') return binary(text);
  if (kind === 'str' || (tag === '' && !plain) || (tag !== '' && kind === undefined)) return text;
  const value = resolved(text);
  if (kind === undefined || fits(kind, value)) return value;
  throw new YamlSyntax(`cannot decode ${goTag(value)} \`${text}\` as a !!${kind}`);
}

const kinds = ['str', 'int', 'float', 'bool', 'null', 'binary'] as const;
type Kind = (typeof kinds)[number];

function kindOf(tag: string): Kind | undefined {
  const name = tag.replace(/^!!|^!<tag:yaml\.org,2002:(?=.*>$)/, '').replace(/>$/, '');
  return tag.startsWith('!!') || tag.startsWith('!<') ? kinds.find((kind) => kind === name) : undefined;
}

function resolved(text: string): unknown {
  if (words.has(text)) return words.get(text);
  if (notInJson.has(text)) throw new YamlSyntax(`json: unsupported value: ${text}`);
  return number(text) ?? text;
}

/** Longer ones are no number that anything could hold, and reading them takes a time that grows with the square of their length. */
const maxDigits = 400;

const otherBases: readonly [RegExp, string][] = [
  [/^([-+]?)0[xX]([\da-fA-F]+)$/, '0x'],
  [/^([-+]?)0[oO]?([0-7]+)$/, '0o'],
  [/^([-+]?)0[bB]([01]+)$/, '0b'],
];

function number(text: string): unknown {
  if (text.length > maxDigits || !/^[-+.\d]/.test(text)) return undefined;
  const digits = text.replaceAll('_', '');
  for (const [form, base] of otherBases) {
    const [, sign, figures] = form.exec(digits) ?? [];
    if (figures) return whole(BigInt(base + figures) * (sign === '-' ? -1n : 1n));
  }
  if (/^[-+]?\d{16,20}$/.test(digits) && !/^[-+]?0/.test(digits)) return whole(BigInt(digits));
  return /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(digits) ? finite(Number(digits)) : undefined;
}

/** Of ES2026, which the engine has and the compiler's library does not know yet. */
const { rawJSON, isRawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown; isRawJSON: (value: unknown) => boolean };

/** A whole number as JSON will have it: one of 64 bits is exact, also where a double would round it. */
function whole(value: bigint): unknown {
  const rounded = Number(value);
  return Number.isSafeInteger(rounded)
    ? rounded
    : BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value
      ? rawJSON(String(value))
      : finite(rounded);
}

/** The digits of a number that `whole` answered; undefined for any other value. */
export const exactText = (value: unknown): string | undefined => (isRawJSON(value) ? (value as { rawJSON: string }).rawJSON : undefined);

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

function fits(kind: Kind, value: unknown): boolean {
  if (kind === 'null') return value === null;
  if (kind === 'bool') return typeof value === 'boolean';
  if (exactText(value) !== undefined) return true;
  return typeof value === 'number' && (kind === 'float' || Number.isInteger(value));
}

function goTag(value: unknown): string {
  if (value === null) return '!!null';
  if (typeof value === 'string') return '!!str';
  if (typeof value === 'boolean') return '!!bool';
  return Number.isInteger(value) || exactText(value) !== undefined ? '!!int' : '!!float';
}

function binary(text: string): string {
  const base64 = text.replaceAll(/[\r\n]/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw new YamlSyntax('!!binary value contains invalid base64 data');
  return Buffer.from(base64, 'base64').toString();
}
