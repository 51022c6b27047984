import { collectWhenIdle, writeFileAtomic } from '#base';
import { onShutdown } from '#telemetry';
import { startTicks } from '../supervisor/process.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { type CommandContext, existingCluster } from './context.ts';

/** The supervisor's own process: keeps the parts running until SIGTERM, and then leaves them running. SIGHUP: look again at the nodes. */
export async function supervise(context: CommandContext): Promise<void> {
  const { layout, settings } = await existingCluster(context);
  await writeFileAtomic(layout.pidFile('supervisor').replace(/\.pid$/, '.start'), `${await startTicks(process.pid)}\n`);
  await writeFileAtomic(layout.pidFile('supervisor'), `${process.pid}\n`);
  const supervisor = new Supervisor({ ...context, settings, layout }, context.clock, context.logger);
  const stop = new AbortController();
  process.on('SIGHUP', () => supervisor.wake());
  const done = supervisor.run(stop.signal);
  onShutdown(context.logger, async () => {
    stop.abort();
    await done;
  });
  await Promise.all([done, collectWhenIdle(context.clock, undefined, stop.signal)]);
}
