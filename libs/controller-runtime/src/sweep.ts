import { ApiError } from '#api';
import { syncedBefore } from '#client';
import { NamedCaches } from './caches.ts';
import type { Io, Sweep } from './contract.ts';
import { carryOut, type ControllerContext, type Runnable } from './executor.ts';

/** What wakes a sweep does so at most this often. */
const leastMs = 1_000;

/** Binds a sweep to the caches: its informers exist from here on, its rounds begin with `run`. */
export function sweeping<Seen, A extends { do: string }, Memory>(sweep: Sweep<Seen, A, Memory>, context: ControllerContext): Runnable {
  const { api, clock, logger, events, actionLog } = context;
  const { name, everyMs, eventSource = name } = sweep;
  const caches = new NamedCaches(name, context);
  const io: Io = { api, events: events.recorder(eventSource), now: () => clock.now() };
  const watched = sweep.watches.map(({ resource, namespace, wakes }) => ({ cache: caches.name({ resource, namespace }), wakes }));
  let { memory } = sweep;

  async function round(): Promise<void> {
    const seen = await sweep.observe(caches, { api, memory, nowMs: clock.monotonicMs() });
    const plan = sweep.reconcile(seen, clock.now());
    memory = plan.memory;
    const whole = { namespace: '', name: '' };
    for await (const err of carryOut(sweep, { key: whole, actions: plan.actions, io }, actionLog)) failed(err);
  }

  function failed(err: unknown): void {
    // Conflicts are everyday: what is looked at writes its own status meanwhile. The next round sees it.
    const level = err instanceof ApiError && err.code === 409 ? 'debug' : 'warn';
    logger[level]({ controller: name, err }, 'a round could not do all that it wanted, trying again');
  }

  return {
    name,
    async run(signal) {
      if (!(await syncedBefore(signal, [caches]))) return;
      let woken = true;
      let dueMs = 0;
      const stops = watched.flatMap(({ cache, wakes }) => (wakes ? [cache.onChange((change) => void (woken ||= wakes(change)))] : []));
      for await (const _tick of clock.every(stops.length > 0 ? Math.min(everyMs, leastMs) : everyMs, signal)) {
        if (stops.length > 0 && !woken && clock.monotonicMs() < dueMs) continue;
        woken = false;
        dueMs = clock.monotonicMs() + everyMs;
        await round().catch(failed);
      }
      for (const stop of stops) stop();
    },
  };
}
