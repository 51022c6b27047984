import fc from 'fast-check';
import { ApiError } from '../meta/api-error.ts';
import { parseFieldSelector } from './field-selector.ts';
import { labelMatcher, labelsContain, selectorMatches, validateLabelSelector } from './label-selector.ts';
import { parseLabelSelector } from './parse-label-selector.ts';

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (err) {
    if (err instanceof ApiError && err.code === 400) return err.message;
    throw err;
  }
  throw new Error('not refused');
};

describe('label selectors as text', () => {
  const labels = { app: 'web', tier: 'a', empty: '', count: '7' };
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier=a', true],
    ['app!=web', false],
    ['none!=web', true],
    ['app in (web,db)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['none notin (x)', true],
    ['app', true],
    ['!app', false],
    ['!none', true],
    ['none', false],
    ['empty=', true],
    ['empty in ()', true],
    ['empty in (,x)', true],
    ['count>6', true],
    ['count<7', false],
    ['app>6', false],
    ['in in (in)', false],
    ['example.com/x notin (y),app', true],
  ])('%j matches: %s', (text, want) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(want);
  });

  it.each([
    ['app=web,', "found '', expected: identifier after ','"],
    ['=web', "found '=', expected: !, identifier, or 'end of string'"],
    ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['app in (web', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['app=web tier=a', "found 'tier', expected: ',' or 'end of string'"],
    ['app=bad value!', "found 'value', expected: ',' or 'end of string'"],
    ['bad_/x=1', 'unable to parse requirement: <nil>: Invalid value: "bad_/x": prefix part a lowercase RFC 1123 subdomain'],
    ['app>x', "for 'Gt', 'Lt' operators, the value must be an integer"],
    ['a=-b', 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be'],
  ])('refuses %j', (text, message) => {
    expect(refusal(() => parseLabelSelector(text))).toContain(message);
  });

  it('reads back what it writes', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/).filter((w) => w !== 'in' && w !== 'notin');
    const requirement = fc.oneof(
      fc.tuple(word, fc.constantFrom('=', '!='), word).map((r) => r.join('')),
      fc
        .tuple(word, fc.constantFrom('in', 'notin'), fc.array(word, { minLength: 1, maxLength: 3 }))
        .map(([k, op, vs]) => `${k} ${op} (${vs.join(',')})`),
      word,
      word.map((w) => `!${w}`),
    );
    const someLabels = fc.dictionary(word, word, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), someLabels, (parts, given) => {
        const selector = parseLabelSelector(parts.join(','));
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).toBe(selector.toString());
        expect(again.matches(given)).toBe(selector.matches(given));
        // A conjunction: all parts must hold.
        expect(selector.matches(given)).toBe(parts.every((part) => parseLabelSelector(part).matches(given)));
      }),
    );
  });
});

describe('label selectors in objects', () => {
  it('match nothing when missing, everything when empty', () => {
    expect([selectorMatches(undefined, { a: '1' }), selectorMatches(null, {}), selectorMatches({}, undefined)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it.each([
    [{ matchLabels: { a: '1' } }, true],
    [{ matchLabels: { a: '2' } }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }] }, true],
    [{ matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['1'] }] }, true],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, false],
    [{ matchLabels: { constructor: 'x' } }, false],
  ])('%j: %s', (selector, want) => {
    expect(selectorMatches(selector, { a: '1' })).toBe(want);
    expect(labelMatcher(selector)).toBe(labelMatcher(selector));
  });

  it('are written as text', () => {
    const selector = { matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }] };
    expect(labelMatcher(selector).toString()).toBe('a in (x,y),b=1');
  });

  it('are checked with the complaints of upstream', () => {
    const complaints = validateLabelSelector(
      {
        matchLabels: { 'bad key!': 'x' },
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'a', operator: 'Exists', values: ['x'] },
          { key: 'a', operator: 'Foo' },
        ],
      },
      'spec.selector',
    );
    expect(complaints.map((c) => [c.type, c.field])).toEqual([
      ['FieldValueInvalid', 'spec.selector.matchLabels'],
      ['FieldValueRequired', 'spec.selector.matchExpressions[0].values'],
      ['FieldValueForbidden', 'spec.selector.matchExpressions[1].values'],
      ['FieldValueInvalid', 'spec.selector.matchExpressions[2].operator'],
    ]);
    expect(complaints[3]!.message).toBe('Invalid value: "Foo": not a valid selector operator');
  });

  it('of Services and the like are plain maps', () => {
    expect([labelsContain({ a: '1', b: '2' }, { a: '1' }), labelsContain({ a: '1' }, {}), labelsContain(undefined, { a: '1' })]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('field selectors', () => {
  const valueOf = (field: string): string => ({ 'metadata.name': 'x', 'spec.nodeName': '' })[field] ?? 'other';
  it.each([
    ['', true],
    ['metadata.name=x', true],
    ['metadata.name==x,spec.nodeName=', true],
    ['metadata.name!=x', false],
    ['spec.nodeName!=', false],
  ])('%j matches: %s', (text, want) => {
    expect(parseFieldSelector(text).matches(valueOf)).toBe(want);
  });

  it('escape what separates', () => {
    const selector = parseFieldSelector(String.raw`a=x\,y\=z\\`);
    expect(selector.requirements).toEqual([{ field: 'a', operator: '=', value: String.raw`x,y=z` + '\\' }]);
    expect(selector.toString()).toBe(String.raw`a=x\,y\=z\\`);
    expect(selector.exact('a')).toBe('x,y=z\\');
  });

  it.each([
    ['x', "invalid selector: 'x'; can't understand 'x'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    [String.raw`a=\x`, String.raw`invalid field selector: invalid escape sequence: \x`],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('refuses %j', (text, message) => {
    expect(refusal(() => parseFieldSelector(text))).toBe(message);
  });
});
