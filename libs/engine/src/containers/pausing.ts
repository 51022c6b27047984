import { conflict, EngineError } from '../errors.ts';
import type { Containers } from './containers.ts';
import type { ContainerRecord } from './record.ts';

/** Throws 409 for one that does not run, or is paused. */
export function pause(containers: Containers, record: ContainerRecord): Promise<void> {
  return containers.hold(record, async () => {
    const live = containers.live(record.id);
    containers.demandRunning(record);
    if (live.phase === 'paused') throw conflict(`Container ${record.id} is already paused`);
    await containers.options.runtime.pause(record.id);
    live.phase = 'paused';
    containers.health.hold(record);
    containers.emit(record, 'pause');
  });
}

/** Throws 500 for one that is not paused. */
export function unpause(containers: Containers, record: ContainerRecord): Promise<void> {
  return containers.hold(record, async () => {
    const live = containers.live(record.id);
    if (live.phase !== 'paused') throw new EngineError(500, `Container ${record.id} is not paused`);
    await containers.options.runtime.unpause(record.id);
    live.phase = 'running';
    containers.health.goOn(record);
    containers.emit(record, 'unpause');
  });
}
