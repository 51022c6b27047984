import type { Clock } from '#base';
import type { Api, EventSink } from '#client';
import type { Logger } from '#telemetry';
import type { ActionLog } from './action-log.ts';
import type { CacheSources } from './caches.ts';
import type { Executors, Io, ObjectKey } from './contract.ts';
import type { WorkQueueMetrics } from './metrics.ts';

/** What every controller of a process shares. */
export interface ControllerContext extends CacheSources {
  api: Api;
  events: Pick<EventSink, 'recorder'>;
  clock: Clock;
  logger: Logger;
  metrics: WorkQueueMetrics;
  actionLog: ActionLog;
}

/** Something that acts while this process leads. Resolves when the signal has aborted and what was under way has ended. */
export interface Runnable {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

interface Acting<A extends { do: string }> {
  name: string;
  act: Executors<A>;
  concurrency?: number;
}

/** Carries out one plan: its actions in order, as many together as the controller says. Yields the failures of each lot. */
export async function* carryOut<A extends { do: string }>(
  { name, act, concurrency = 1 }: Acting<A>,
  { key, actions, io }: { key: ObjectKey; actions: readonly A[]; io: Io },
  actionLog: ActionLog,
): AsyncGenerator<unknown> {
  const one = async (action: A): Promise<void> => {
    const execute = act[action.do as A['do']] as (action: A, io: Io) => Promise<void>;
    const entry = { controller: name, ...key, action: action.do };
    try {
      await execute(action, io);
      actionLog.add({ ...entry, at: io.now(), outcome: 'done' });
    } catch (err) {
      actionLog.add({ ...entry, at: io.now(), outcome: 'failed', error: String(err) });
      throw err;
    }
  };
  for (let from = 0; from < actions.length; from += concurrency) {
    const outcomes = await Promise.allSettled(actions.slice(from, from + concurrency).map(one));
    for (const outcome of outcomes) if (outcome.status === 'rejected') yield outcome.reason;
  }
}
