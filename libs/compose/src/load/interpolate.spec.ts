import { interpolate } from './interpolate.ts';

const set: Readonly<Record<string, string>> = { A: 'a', EMPTY: '', B: 'b' };

function expand(text: string): { value: string; unset: string[] } {
  const unset: string[] = [];
  const lookUp = (name: string): string | undefined => (Object.hasOwn(set, name) ? set[name] : undefined);
  return { value: interpolate(text, { lookUp, unset: (name) => unset.push(name) }, 'services.web.image'), unset };
}

describe('interpolation', () => {
  it.each([
    ['plain', 'plain'],
    ['$A and ${A}', 'a and a'],
    ['$Ab$A', 'a'],
    ['$$A ${A}$$', '$A a$'],
    ['${X:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${X-d}', 'd'],
    ['${A:-d}${A-d}', 'aa'],
    ['${A:+r}${EMPTY:+r}${X:+r}', 'r'],
    ['${A+r}${EMPTY+r}${X+r}', 'rr'],
    ['${A:?e}${A?e}${EMPTY?e}', 'aa'],
    ['${X:-${Y:-${B}}}', 'b'],
    ['${X:-${A}-${B}}', 'a-b'],
    ['${X:-http://h:80/?q={1}}', 'http://h:80/?q={1}'],
    ['${X:-}', ''],
    ['${X:-$$}', '$'],
    ['${EMPTY:+${X:?no}}', ''],
  ])('%s becomes %s', (text, want) => {
    expect(expand(text).value).toBe(want);
  });

  it('tells of variables that are not set, and not of those that have a default', () => {
    expect(expand('$X ${Y} ${Z:-z}')).toEqual({ value: '  z', unset: ['X', 'Y'] });
  });

  it.each([
    ['${X:?it is needed}', 'services.web.image: required variable X is missing a value: it is needed'],
    ['${EMPTY:?}', 'services.web.image: required variable EMPTY is missing a value'],
    ['${X?${A}}', 'services.web.image: required variable X is missing a value: a'],
    ['${', 'invalid interpolation format for services.web.image.'],
    ['${A', 'invalid interpolation format'],
    ['${1}', 'invalid interpolation format'],
    ['${A%x}', 'invalid interpolation format'],
    ['costs 5$', 'You may need to escape any $ with another $'],
    ['$1', 'invalid interpolation format'],
  ])('%s is refused', (text, want) => {
    expect(() => expand(text)).toThrow(want);
  });
});
