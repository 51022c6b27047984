import { Int64, int64, parseExact } from './int64.ts';

describe('whole numbers beyond 2^53', () => {
  it.each(['{"a":9007199254740993,"b":[-9223372036854775808,1,1.5,9007199254740991]}', '9007199254740993', '{"a":"9007199254740993"}'])(
    '%s is written as it was read',
    (text) => expect(JSON.stringify(parseExact(text))).toBe(text),
  );

  it('count as numbers', () => {
    const number = parseExact('9007199254740993') as number;
    expect(number > 5 && number < 1e19).toBe(true);
    expect(number * 1000).toBe(2 ** 53 * 1000);
    expect(`${number}`).toBe('9007199254740993');
  });

  it('keep a key that is no member of an object elsewhere', () => {
    const value = parseExact('{"__proto__":9007199254740993}');
    expect(JSON.stringify(value)).toBe('{"__proto__":9007199254740993}');
  });

  it('come from 64 bits', () => {
    expect(int64(9007199254740993n)).toEqual(new Int64('9007199254740993'));
    expect(int64(-5n)).toBe(-5);
  });
});
