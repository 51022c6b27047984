import { warningHeaders } from './warnings.ts';

const decoded = (headers: readonly string[]): string[] => headers.map((header) => Buffer.from(header, 'latin1').toString());

describe('warning headers', () => {
  it.each([
    ['a plain text', ['unknown field "a"'], [String.raw`299 - "unknown field \"a\""`]],
    ['beyond Latin-1', ['unknown field "spec.名前"'], [String.raw`299 - "unknown field \"spec.名前\""`]],
    ['beyond the first plane', ['😀'], ['299 - "😀"']],
    ['half a pair', ['\ud83d'], ['299 - "\ufffd"']],
    ['a backslash', [String.raw`a\b`], [String.raw`299 - "a\\b"`]],
    ['line ends and other controls', ['a\r\nSet-Cookie: b\u0000\u0085'], [String.raw`299 - "a\\u000d\\u000aSet-Cookie: b\\u0000\\u0085"`]],
    ['the same twice', ['a', 'b', 'a'], ['299 - "a"', '299 - "b"']],
    ['nothing', [''], []],
    ['all lines of the YAML reader', ['yaml: unmarshal errors:\n  line 1: x\n  line 2: y'], ['299 - "line 1: x"', '299 - "line 2: y"']],
  ])('%s', (_what, texts, want) => {
    const headers = warningHeaders(texts);
    expect(decoded(headers)).toEqual(want);
    expect(headers.join('')).toMatch(/^[\t\u0020-\u007e\u0080-\u00ff]*$/); // what Node and RFC 9110 take as a value
  });

  it('are cut short when they are long, and few when they are many', () => {
    expect(decoded(warningHeaders(['é'.repeat(5000), 'short']))).toEqual([`299 - "${'é'.repeat(256)}"`, '299 - "short"']);
    expect(warningHeaders(['a'.repeat(4096)])).toEqual([`299 - "${'a'.repeat(4096)}"`]);
    const many = warningHeaders(Array.from({ length: 200_000 }, (_, i) => `unknown field "spec.f${i}"`));
    expect(many.join('\n').length).toBeLessThan(10_000);
    expect(many.length).toBeGreaterThan(100);
  });
});
