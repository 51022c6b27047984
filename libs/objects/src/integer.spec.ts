import { parseInteger } from './integer.ts';

it.each<[string | undefined, bigint | undefined]>([
  ['0', 0n],
  ['-7', -7n],
  ['+7', 7n],
  ['007', 7n],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', undefined],
  ['-9223372036854775808', -9223372036854775808n],
  ['-9223372036854775809', undefined],
  ['', undefined],
  ['-', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  [' 1', undefined],
  ['9'.repeat(1000), undefined],
  [undefined, undefined],
])('%s is read as %s', (text, want) => expect(parseInteger(text)).toBe(want));
