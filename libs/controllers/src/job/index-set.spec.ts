import fc from 'fast-check';
import { IndexSet } from './index-set.ts';

describe('a set of indexes', () => {
  it.each([
    [[], ''],
    [[3], '3'],
    [[1, 2], '1,2'],
    [[3, 1, 2], '1-3'],
    [[0, 2, 3, 5, 6, 7], '0,2,3,5-7'],
  ])('%j is written %j', (indexes, text) => {
    expect(IndexSet.of(indexes).toString()).toBe(text);
    expect(IndexSet.parse(text, 100)).toEqual(IndexSet.of(indexes));
  });

  it.each([
    ['2-9', 5, '2-4'],
    ['7,1', 5, '1'],
    ['x,1,-3,2-', 5, '1'],
  ])('%j of %i is %j', (text, completions, want) => expect(IndexSet.parse(text, completions).toString()).toBe(want));

  it('is the set that it says it is', () => {
    const some = fc.uniqueArray(fc.nat(30), { maxLength: 20 });
    fc.assert(
      fc.property(some, some, fc.nat(10), (a, b, count) => {
        const [one, other] = [IndexSet.of(a), IndexSet.of(b)];
        const all = new Set([...a, ...b]);
        expect([one.with(other).size, one.common(other)]).toEqual([all.size, a.filter((index) => b.includes(index)).length]);
        expect(Array.from({ length: 31 }, (_, i) => one.has(i))).toEqual(Array.from({ length: 31 }, (_, i) => a.includes(i)));
        const free = Array.from({ length: 25 }, (_, i) => i).filter((index) => !all.has(index));
        expect(one.with(other).missing(count, 25)).toEqual(free.slice(0, count));
        expect(IndexSet.parse(one.toString(), 31)).toEqual(one);
      }),
    );
  });
});
