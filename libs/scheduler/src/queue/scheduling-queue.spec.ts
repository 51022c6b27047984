import { ManualClock } from '#base/testing';
import { podInfo } from '../cache/pod-info.ts';
import { pod } from '../testing.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const plugins = [{ name: 'Fit', requeueOn: [{ resource: 'Node', events: ['add'] } as const] }];
const never = new AbortController().signal;

function setUp(): { clock: ManualClock; queue: SchedulingQueue; take: () => Promise<string[]> } {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock, plugins);
  return { clock, queue, take: async () => (await queue.take(10, never)).map(({ info }) => info.uid) };
}

describe('the scheduling queue', () => {
  it('hands out the highest priority first, then in order of arrival', async () => {
    const { queue, take } = setUp();
    queue.set(podInfo(pod('a')));
    queue.set(podInfo(pod('b', { spec: { priority: 5 } })));
    queue.set(podInfo(pod('c')));
    expect(await take()).toEqual(['b', 'a', 'c']);
  });

  it('leaves a refused pod alone until a change can help one of the plugins that refused it, and then backs off', async () => {
    const { clock, queue, take } = setUp();
    queue.set(podInfo(pod('a')));
    await take();
    queue.refused('a', new Set(['Fit']));
    queue.onClusterEvent('Pod', 'delete');
    expect(queue.counts()).toEqual({ active: 0, backoff: 0, unschedulable: 1 });
    queue.onClusterEvent('Node', 'add');
    expect(queue.counts()).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    await clock.advance(1_000);
    expect(await take()).toEqual(['a']);
  });

  it('does not lose a change that comes while the pod is being tried', async () => {
    const { queue, take } = setUp();
    queue.set(podInfo(pod('a')));
    await take();
    queue.onClusterEvent('Node', 'add');
    queue.refused('a', new Set(['Fit']));
    expect(queue.counts().backoff).toBe(1);
  });

  it('tries a pod again after five minutes in any case', async () => {
    const { clock, queue, take } = setUp();
    queue.set(podInfo(pod('a')));
    await take();
    queue.refused('a', new Set(['Fit']));
    await clock.advance(5 * 60 * 1000);
    expect(await take()).toEqual(['a']);
  });

  it('ends with no timer left', async () => {
    const { clock, queue, take } = setUp();
    queue.set(podInfo(pod('a')));
    await take();
    queue.retry('a');
    queue.close();
    expect(clock.pending).toBe(0);
  });
});
