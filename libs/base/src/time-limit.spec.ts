import { ManualClock } from './manual-clock.ts';
import { withTimeLimit } from './time-limit.ts';

describe('a time limit', () => {
  it('aborts when the time is over, and not before', async () => {
    const clock = new ManualClock();
    const ended = new Promise<void>((resolve) => {
      void withTimeLimit(clock, 1_000, (signal) => new Promise<void>((done) => signal.addEventListener('abort', () => done()))).then(
        resolve,
      );
    });
    let over = false;
    void ended.then(() => (over = true));
    await clock.advance(999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
  });

  it.each([
    ['an answer', async () => 1],
    [
      'an error',
      async () => {
        throw new Error('no');
      },
    ],
  ])('leaves no timer after %s', async (_what, task) => {
    const clock = new ManualClock();
    await withTimeLimit(clock, 1_000, task).catch(() => undefined);
    expect(clock.pending).toBe(0);
  });
});
