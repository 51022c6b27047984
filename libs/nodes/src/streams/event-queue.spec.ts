import { nextTurn } from '#base';
import { EventQueue } from './event-queue.ts';

/** Weighs what its length says, 64 for the event itself beside it; tells what its source is told. */
function queueOf(maxBytes: number): { queue: EventQueue<string>; told: string[] } {
  const told: string[] = [];
  const queue = new EventQueue<string>({
    maxBytes,
    sizeOf: (event) => event.length,
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
  });
  return { queue, told };
}

it('hands events on in order, those that come while the reader waits too, until the end', async () => {
  const { queue } = queueOf(1000);
  queue.push('a');
  const read: string[] = [];
  const all = (async () => {
    for await (const event of queue) read.push(event);
  })();
  await nextTurn();
  queue.push('b');
  await nextTurn();
  expect(read).toEqual(['a', 'b']);
  queue.push('c');
  await nextTurn();
  queue.end();
  queue.push('after the end');
  await all;
  expect(read).toEqual(['a', 'b', 'c']);
});

it('pauses its source when too much waits, and resumes it when half is taken', async () => {
  const { queue, told } = queueOf(400);
  const events = queue[Symbol.asyncIterator]();
  const big = 'x'.repeat(36); // 100 with its own weight
  for (let i = 0; i < 4; i++) queue.push(big);
  expect(told).toEqual([]);
  queue.push(big);
  queue.push(big);
  expect(told).toEqual(['pause']);
  for (let i = 0; i < 3; i++) await events.next();
  expect(told).toEqual(['pause']);
  await events.next();
  expect(told).toEqual(['pause', 'resume']);
  for (let i = 0; i < 3; i++) queue.push(big);
  expect(told).toEqual(['pause', 'resume', 'pause']);
});

it('is filled by empty events too', () => {
  const { queue, told } = queueOf(640);
  for (let i = 0; i < 10; i++) queue.push('');
  expect(told).toEqual([]);
  queue.push('');
  expect(told).toEqual(['pause']);
});
