import fc from 'fast-check';
import { jsonSyntaxError } from './json-syntax.ts';

/** The words of Go's encoding/json, as its own tests and its playground show them. */
describe('what is said of a text that is no JSON', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['{"a', 'unexpected end of JSON input'],
    ['-', 'unexpected end of JSON input'],
    ['tru', 'unexpected end of JSON input'],
    ['bogus', "invalid character 'b' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ["{'a':1}", String.raw`invalid character '\'' looking for beginning of object key string`],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    ['"a\u0001b"', String.raw`invalid character '\x01' in string literal`],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u12g4"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['1ea', "invalid character 'a' in exponent of numeric literal"],
    ['01', "invalid character '1' after top-level value"],
    ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
  ])('%j: %s', (text, want) => expect(jsonSyntaxError(text)).toBe(want));

  it('is said of every such text and of no other', () => {
    const pieces = fc.array(fc.constantFrom(...'{}[]":,-+.eE01u\\ \nantruefls'.split(''), '"a"', 'true', 'null', '{"a":'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const said = jsonSyntaxError(text);
        const parsed = ((): boolean => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        expect(said === undefined).toBe(parsed);
        expect(said).not.toBe('invalid JSON');
      }),
      { numRuns: 2000 },
    );
  });
});
