import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairSeats } from './fair-seats.ts';

describe('seats that flows share', () => {
  it('leave one part free for who comes next, whatever one flow asks for', () => {
    const seats = new FairSeats(12);
    const taken = (flow: string): number => Array.from({ length: 100 }, () => seats.take(flow)).filter(Boolean).length;
    expect([taken('a'), taken('b'), taken('c'), taken('d')]).toEqual([6, 4, 2, 0]);
  });

  it('go, when they are given back, to the flow that holds the fewest', () => {
    const seats = new FairSeats(4);
    const order: string[] = [];
    const held = [seats.take('a'), seats.take('a'), seats.take('b'), seats.take('c')];
    expect(held.every(Boolean)).toBe(true);
    for (const flow of ['a', 'b', 'd', 'd']) seats.wait(flow, () => order.push(flow));
    for (const leave of held) leave?.();
    // The second of d's waits on: it holds one of four, and there is another flow.
    expect(order).toEqual(['d', 'a', 'b']);
  });

  it('are not given to who has given up waiting', () => {
    const seats = new FairSeats(1);
    const leave = seats.take('a');
    const giveUp = seats.wait('b', () => {
      throw new Error('seated');
    });
    expect(seats.queued('b')).toBe(1);
    giveUp();
    giveUp();
    leave?.();
    expect([seats.used, seats.queued('b')]).toEqual([0, 0]);
  });

  it('are never more than there are, all come back, and nobody waits beside a free one that is theirs', () => {
    const steps = fc.array(fc.record({ flow: fc.constantFrom('a', 'b', 'c', 'd'), leave: fc.option(fc.nat()) }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (limit, script) => {
        const seats = new FairSeats(limit);
        const held: (() => void)[] = [];
        let waiting = 0;
        for (const { flow, leave } of script) {
          if (leave !== null) held.splice(leave % Math.max(1, held.length), 1)[0]?.();
          else {
            const seat = seats.take(flow);
            if (seat) held.push(seat);
            else {
              waiting++;
              seats.wait(flow, (given) => {
                waiting--;
                held.push(given);
              });
            }
          }
          expect(seats.used).toBe(held.length);
          expect(seats.used).toBeLessThanOrEqual(limit);
        }
        while (held.length) held.pop()?.();
        expect([seats.used, waiting]).toEqual([0, 0]);
      }),
    );
  });
});
