import { Filters, flag, whole } from './query.ts';

const query = (filters: unknown): URLSearchParams => new URLSearchParams({ filters: JSON.stringify(filters) });

describe('filters', () => {
  it.each([
    ['a list', { name: ['a', 'b'] }, ['a', 'b']],
    ['the older form', { name: { a: true, b: false } }, ['a']],
    ['none', {}, []],
  ])('of %s', (_what, filters, want) => expect(Filters.of(query(filters), ['name']).get('name')).toEqual(want));

  it.each<[unknown, string]>([
    [[], 'invalid filter'],
    ['x', 'invalid filter'],
    [{ name: 1 }, 'invalid filter'],
    [{ colour: ['red'] }, "invalid filter 'colour'"],
    [{ constructor: ['red'] }, "invalid filter 'constructor'"],
  ])('refuses %j', (filters, message) => {
    expect(() => Filters.of(query(filters), ['name'])).toThrow(expect.objectContaining({ status: 400, message }));
  });

  it.each([
    [['a'], { a: '1' }, true],
    [['a=1'], { a: '1' }, true],
    [['a=2'], { a: '1' }, false],
    [['a=1', 'b'], { a: '1' }, false],
    [['a=b=c'], { a: 'b=c' }, true],
    [['constructor'], {}, false],
    [['a'], null, false],
  ])('labels %j of %j', (label, labels, want) => expect(Filters.of(query({ label }), ['label']).labels(labels)).toBe(want));

  it('leaves out what has a label that is not wanted', () => {
    const filters = Filters.of(query({ 'label!': ['keep'] }), ['label!']);
    expect([filters.labels({ keep: '' }), filters.labels({})]).toEqual([false, true]);
  });
});

it.each([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['False', false],
  ['none', false],
  ['', false],
])('a flag of %j is %s', (value, want) => expect(flag(new URLSearchParams({ f: value }), 'f', true)).toBe(want));

describe('whole numbers', () => {
  it.each([
    ['t=5', 5],
    ['t=-1', -1],
    ['t=', undefined],
    ['', undefined],
  ])('%j', (text, want) => expect(whole(new URLSearchParams(text), 't')).toBe(want));

  it.each(['x', '1.5', '1e3', '9'.repeat(20)])('refuses %j', (value) => {
    expect(() => whole(new URLSearchParams({ t: value }), 't')).toThrow(expect.objectContaining({ status: 400 }));
  });
});
