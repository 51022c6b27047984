import { booleanOf, integerOf } from './query.ts';

it.each<[query: string, value: boolean]>([
  ['', false],
  ['other=true', false],
  ['a=false', false],
  ['a=FALSE', false],
  ['a=0', false],
  ['a=true', true],
  ['a', true],
  ['a=1', true],
  ['a=no', true],
  ['a=false&a=true', false],
])('%j: a is %p', (query, value) => expect(booleanOf(new URLSearchParams(query), 'a')).toBe(value));

it.each<[query: string, value: bigint | undefined]>([
  ['', undefined],
  ['a=0', 0n],
  ['a=-12', -12n],
  ['a=%2B7', 7n],
  ['a=9223372036854775807', 9223372036854775807n],
  ['a=-9223372036854775808', -9223372036854775808n],
])('%j: a is %p', (query, value) => expect(integerOf(new URLSearchParams(query), 'a')).toBe(value));

it.each([
  ['', 'parsing "": invalid syntax'],
  ['1.5', 'parsing "1.5": invalid syntax'],
  ['1e3', 'parsing "1e3": invalid syntax'],
  ['0x10', 'parsing "0x10": invalid syntax'],
  [' 1', 'parsing " 1": invalid syntax'],
  ['9223372036854775808', 'parsing "9223372036854775808": value out of range'],
])('%j is no integer', (text, says) => {
  expect(() => integerOf(new URLSearchParams({ a: text }), 'a')).toThrow(
    expect.objectContaining({ code: 400, message: `strconv.ParseInt: ${says}` }),
  );
});
