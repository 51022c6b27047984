import type { Random } from '#base';

export const oneOf = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

/** A count from 1 to `limit`, small ones as often as each greater order of magnitude. */
export const sizeUpTo = (random: Random, limit: number): number => Math.max(1, Math.floor(limit ** random.next()));

/** Names that mean something to JavaScript, to a parser, to a path or to a header. */
const trickyTexts = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  '..',
  '.',
  '/',
  '//',
  '\\',
  '~',
  '~1',
  '~0',
  '*',
  '-',
  '+',
  'null',
  'true',
  '0',
  '-1',
  '1e400',
  'NaN',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '9007199254740993',
  '0x7fffffff',
  '1.5Gi',
  '1E',
  '1e3',
  '100m',
  '\0',
  '\r\n',
  '\n',
  '\t',
  '"',
  "'",
  '`',
  '${x}',
  '%',
  '%00',
  '%zz',
  '%2e%2e%2f',
  '\u{1F600}',
  'é',
  '日本',
  '\uFEFF',
  '\uD800',
  '\u2028',
  'ſ',
  'İ',
  'a'.repeat(64),
  'a'.repeat(254),
  'x'.repeat(5000),
  '=',
  '==',
  '!=',
  'in (',
  'notin',
  'metadata.name',
  'spec.nodeName',
  '$patch',
  '$retainKeys',
  '$setElementOrder/a',
  '$deleteFromPrimitiveList/a',
  'f:metadata',
  'k:{"name":"a"}',
  '<<',
  '&a',
  '*a',
  '---',
  '...',
  '!!binary',
  '? a',
  '{',
  '}',
  '[',
  ']',
  ':',
  'a: b',
  '# c',
  '|',
  '>',
  '1970-01-01T00:00:00Z',
  '0000-00-00',
]; // prettier-ignore

export const trickyText = (random: Random): string => oneOf(random, trickyTexts);

/** A few changes of the kind that break parsers: bytes flipped, cut, doubled, moved, and texts from above put in. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let left = sizeUpTo(random, 8); left > 0; left--) {
    const at = random.below(changed.length + 1);
    const length = Math.min(sizeUpTo(random, 64), changed.length - at);
    const [head, part, tail] = [changed.subarray(0, at), changed.subarray(at, at + length), changed.subarray(at + length)];
    switch (random.below(6)) {
      case 0:
        changed = Buffer.concat([head, tail]);
        break;
      case 1:
        changed = Buffer.concat([head, part, part, tail]);
        break;
      case 2:
        changed = Buffer.concat([head, random.bytes(length), tail]);
        break;
      case 3:
        changed = Buffer.concat([head, Buffer.from(trickyText(random)), part, tail]);
        break;
      case 4:
        changed = Buffer.concat([tail, part, head]);
        break;
      default:
        changed = Buffer.from(changed);
        if (changed.length > 0) changed[at % changed.length]! ^= 1 << random.below(8);
    }
  }
  return changed;
}

/** Of an input of any length, what fits a message. */
export const excerpt = (bytes: Buffer): string =>
  bytes.length <= 600
    ? JSON.stringify(bytes.toString('latin1'))
    : `${JSON.stringify(bytes.toString('latin1', 0, 600))}… (${bytes.length} bytes)`;
