import { goDuration } from './go-duration.ts';

it.each([
  [0, '0s'],
  [20_000, '20s'],
  [1500, '1.5s'],
  [300_000, '5m0s'],
  [3_661_000, '1h1m1s'],
  [250, '250ms'],
])('writes %i ms as %s', (ms, want) => expect(goDuration(ms)).toBe(want));
