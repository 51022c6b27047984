import fc from 'fast-check';
import { humanDuration } from './columns.ts';
import { semanticEqual } from './equality.ts';

describe('a span of time', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  it.each([
    [-2 * second, '<invalid>'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [5 * minute + 7 * second, '5m7s'],
    [45 * minute, '45m'],
    [179 * minute, '179m'],
    [5 * hour + 30 * minute, '5h30m'],
    [20 * hour, '20h'],
    [3 * day + 4 * hour, '3d4h'],
    [100 * day, '100d'],
    [800 * day, '2y70d'],
    [3650 * day, '10y'],
  ])('of %d ms is %s', (ms, want) => expect(humanDuration(ms)).toBe(want));
});

describe('equality', () => {
  it.each([
    [undefined, {}, true],
    [null, [], true],
    [{ a: undefined }, {}, true],
    [{ a: [] }, { a: null }, true],
    [{ a: 0 }, {}, false],
    [[1, 2], [2, 1], false],
    [{ a: { b: 1 } }, { a: { b: 1 } }, true],
  ])('of %j and %j is %s', (a, b, want) => expect(semanticEqual(a, b)).toBe(want));

  it('is reflexive and symmetric', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (a, b) => {
        const [left, right] = [JSON.parse(a) as unknown, JSON.parse(b) as unknown];
        expect(semanticEqual(left, JSON.parse(a))).toBe(true);
        expect(semanticEqual(left, right)).toBe(semanticEqual(right, left));
      }),
    );
  });
});
