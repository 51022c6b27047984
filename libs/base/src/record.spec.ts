import { lookUp, setKey } from './record.ts';

const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];

describe('objects as tables', () => {
  it.each(inherited)('have no %s until it is set, and then have it as any other key', (key) => {
    const table: Record<string, string> = {};
    expect(lookUp(table, key)).toBeUndefined();
    setKey(table, key, 'x');
    expect(lookUp(table, key)).toBe('x');
    expect(JSON.parse(JSON.stringify(table))).toEqual(JSON.parse(`{"${key}":"x"}`));
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
  });

  it('may be absent', () => {
    expect(lookUp(undefined, 'a')).toBeUndefined();
    expect(lookUp(null, 'a')).toBeUndefined();
  });
});
