import { signalName } from './signals.ts';
import type { ContainersOptions } from './containers-options.ts';
import type { Live } from './live.ts';
import type { ContainerRecord } from './record.ts';

/** Tells containers to end. */
export class Ending {
  constructor(
    private readonly options: Pick<ContainersOptions, 'runtime' | 'clock'>,
    private readonly emit: (record: ContainerRecord, action: string, more: Record<string, string>) => void,
  ) {}

  /** SIGKILL follows when the time is over, which less than 0 seconds never are; resolves when it has ended. */
  async end(record: ContainerRecord, live: Live, signal: string, seconds: number): Promise<void> {
    const { settled } = live;
    const { clock } = this.options;
    await this.signal(record, live, signal);
    this.emit(record, 'kill', { signal });
    const patience = new AbortController();
    const ended = settled.finally(() => patience.abort());
    const late =
      seconds < 0
        ? new Promise<boolean>(() => undefined)
        : clock.sleep(seconds * 1000, patience.signal).then(
            () => true,
            () => false,
          );
    if (await Promise.race([ended.then(() => false), late])) await this.signal(record, live, 'SIGKILL');
    await settled;
  }

  /** What has just ended hears no signal, which is what was wanted. */
  async signal(record: ContainerRecord, live: Live, signal: string): Promise<void> {
    const { runtime } = this.options;
    try {
      await runtime.kill(record.id, signal);
      // As Docker does it: what is paused could not end.
      if (live.phase === 'paused' && signal !== 'SIGKILL') await runtime.unpause(record.id);
    } catch (err) {
      if (!['not-running', 'container-not-found'].includes((err as { code?: string }).code ?? '')) throw err;
    }
  }
}

/** By name: what was asked for, or what the container says, or SIGTERM. */
export const stopSignal = ({ config }: ContainerRecord, asked?: string): string => signalName(asked ?? config.StopSignal ?? 'SIGTERM');

/** Why one is not removed. */
export function notStopped({ id, name }: ContainerRecord, status: string): string {
  const what = status === 'paused' ? 'paused' : 'running';
  return status === 'paused'
    ? `You cannot remove a ${what} container ${id}. Unpause and then stop the container before attempting removal or force remove`
    : `cannot remove container "/${name}": container is ${what}: stop the container before removing or force remove`;
}
