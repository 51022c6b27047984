import { WorkQueue } from './work-queue.ts';
import { ManualClock } from './manual-clock.ts';

describe('WorkQueue', () => {
  it('holds a key once, however often it is added', async () => {
    const queue = new WorkQueue<string>(new ManualClock());
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(queue.depth).toBe(2);
    expect(await queue.take()).toBe('a');
    expect(await queue.take()).toBe('b');
  });

  it('gives a key that was added during its work to a worker again, after it is done', async () => {
    const queue = new WorkQueue<string>(new ManualClock());
    queue.add('a');
    const first = await queue.take();
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done(first!);
    expect(queue.depth).toBe(1);
    expect(await queue.take()).toBe('a');
  });

  it('doubles the delay of a key that fails, until it is forgotten', async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue<string>(clock, { baseMs: 10, maxMs: 25 });
    const readyAfter = async (): Promise<number> => {
      queue.retry('a');
      for (let ms = 1; ; ms++) {
        await clock.advance(1);
        if (queue.depth > 0) {
          queue.done((await queue.take())!);
          return ms;
        }
      }
    };
    expect([await readyAfter(), await readyAfter(), await readyAfter()]).toEqual([10, 20, 25]);
    queue.forget('a');
    expect(await readyAfter()).toBe(10);
  });

  it('wakes every waiting worker when it closes, and leaves no timer', async () => {
    const clock = new ManualClock();
    const queue = new WorkQueue<string>(clock);
    queue.addAfter('later', 1000);
    const waiting = [queue.take(), queue.take()];
    queue.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    expect(clock.pending).toBe(0);
  });
});
