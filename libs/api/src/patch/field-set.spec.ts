import fc from 'fast-check';
import {
  difference,
  equalSets,
  type FieldSet,
  formatFieldsV1,
  intersection,
  isEmptySet,
  parseFieldsV1,
  pathsOf,
  pathText,
  setOf,
  union,
} from './field-set.ts';

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:c'),
  fc.constantFrom('k:{"name":"x"}', 'k:{"name":"y"}'),
  fc.constantFrom('v:1', 'v:"s"'),
);
const someSet = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 }).map((paths) => setOf(...paths));
const holds = (...property: Parameters<typeof fc.property<[FieldSet, FieldSet, FieldSet]>>): void => fc.assert(fc.property(...property));
const has = (set: FieldSet): Set<string> => new Set(pathsOf(set).map((p) => JSON.stringify(p)));

describe('sets of field paths', () => {
  it('behave as sets of their paths', () => {
    holds(someSet, someSet, someSet, (a, b) => {
      const [x, y] = [has(a), has(b)];
      expect(has(union(a, b))).toEqual(x.union(y));
      expect(has(intersection(a, b))).toEqual(x.intersection(y));
      expect(has(difference(a, b))).toEqual(x.difference(y));
    });
  });

  it('obey the laws of sets', () => {
    holds(someSet, someSet, someSet, (a, b, c) => {
      expect(equalSets(union(a, b), union(b, a))).toBe(true);
      expect(equalSets(union(a, union(b, c)), union(union(a, b), c))).toBe(true);
      expect(equalSets(difference(a, union(b, c)), difference(difference(a, b), c))).toBe(true);
      expect(isEmptySet(difference(a, a))).toBe(true);
      expect(union(a, a)).toBe(a);
    });
  });

  it('survive being written and read', () => {
    fc.assert(
      fc.property(someSet, (a) => {
        const text = JSON.stringify(formatFieldsV1(a));
        expect(equalSets(parseFieldsV1(JSON.parse(text) as Record<string, unknown>), a)).toBe(true);
      }),
    );
  });

  it('names paths as conflicts do', () => {
    expect(pathText(['f:spec', 'f:ports', 'k:{"containerPort":80,"protocol":"TCP"}', 'f:name'])).toBe(
      '.spec.ports[containerPort=80,protocol="TCP"].name',
    );
    expect(pathText(['f:metadata', 'f:finalizers', 'v:"a/b"'])).toBe('.metadata.finalizers[="a/b"]');
  });

  it.each([[{ x: {} }], [{ 'f:a': 1 }], [[]]])('refuses %j', (fields) => {
    expect(() => parseFieldsV1(fields as never)).toThrow('fieldsV1');
  });
});
