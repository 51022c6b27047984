import { expect, it } from '@jest/globals';
import { nextTurn, systemClock } from '#base';
import { Turns } from './turns.ts';

it('what arrives together and takes long is answered in several turns, in order', async () => {
  let nowMs = 0;
  const turns = new Turns({ ...systemClock, monotonicMs: () => nowMs });
  const answered: number[] = [];
  const answer = async (i: number): Promise<void> => {
    await turns.mine();
    answered.push(i);
    nowMs += 10;
  };
  const all = [0, 1, 2, 3, 4, 5, 6].map(answer);
  const perTurn: number[] = [];
  while (answered.length < all.length) {
    const before = answered.length;
    await nextTurn();
    perTurn.push(answered.length - before);
  }
  await Promise.all(all);
  expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(4);
});

it('what takes no time waits for no turn', async () => {
  const turns = new Turns({ ...systemClock, monotonicMs: () => 5 });
  let isNext = false;
  const next = nextTurn().then(() => (isNext = true));
  await Promise.all(Array.from({ length: 1000 }, () => turns.mine()));
  expect(isNext).toBe(false);
  await next;
});
