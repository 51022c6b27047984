import { booleanOf, integerOf, timeOf } from './query.ts';

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

it.each<[query: string, value: string | undefined]>([
  ['', undefined],
  ['a=', ''],
  ['a=null', ''],
  ['a=2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ['a=2026-01-01T02:00:00.25%2B02:00', '2026-01-01T00:00:00.25Z'],
])('%j: a is the time %p', (query, value) => expect(timeOf(new URLSearchParams(query), 'a')).toBe(value));

it.each([
  ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ['2026-01-01', 'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
])('%j is no time', (text, message) => {
  expect(() => timeOf(new URLSearchParams({ a: text }), 'a')).toThrow(expect.objectContaining({ code: 400, message }));
});
