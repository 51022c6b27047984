import { scale, scaleBetween, scaleReversed } from './scale.ts';

it.each<[name: string, how: (scores: number[]) => void, raw: number[], scaled: number[]]>([
  ['the largest is best', scale, [0, 1, 3], [0, 33, 100]],
  ['nothing is better than nothing', scale, [0, 0], [0, 0]],
  ['the lowest is best', scaleReversed, [0, 1, 3], [100, 67, 0]],
  ['all are as good when none has any', scaleReversed, [0, 0], [100, 100]],
  ['from the least to the most', scaleBetween, [-5, 0, 15], [0, 25, 100]],
  ['equals have no opinion', scaleBetween, [7, 7], [0, 0]],
])('%s', (_name, how, raw, scaled) => {
  how(raw);
  expect(raw).toEqual(scaled);
});
