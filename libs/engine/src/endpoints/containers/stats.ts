import { readFileSync } from 'node:fs';
import type { ContainerRecord } from '../../containers/record.ts';
import { type Sample, statsView } from '../../containers/stats.ts';
import type { Engine } from '../../engine.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { flag } from '../../http/query.ts';

const EVERY_MS = 1000;

export const stats: Endpoint = {
  method: 'GET',
  path: '/containers/{name}/stats',
  async handle({ param, query, signal }, engine) {
    const record = await engine.find(param('name'));
    const { clock, runtime } = engine.options;
    const view = (sample: Sample | undefined, before?: Sample): object => statsView(record, sample, before, runtime.support.cgroupVersion);
    if (!flag(query, 'stream', true)) {
      const before = await sampled(engine, record);
      if (!before || flag(query, 'one-shot')) return { status: 200, json: view(before) };
      await clock.sleep(EVERY_MS, signal);
      return { status: 200, json: view(await sampled(engine, record), before) };
    }
    return {
      status: 200,
      type: 'application/json',
      async stream(out) {
        let before: Sample | undefined;
        for await (const _tick of clock.every(EVERY_MS, signal)) {
          if (!record.pod && !engine.containers.book.has(record.id)) return; // removed
          const sample = await sampled(engine, record);
          if (sample) out.write(`${JSON.stringify(view(sample, before))}\n`);
          before = sample;
        }
      },
    };
  },
};

/** undefined while it does not run. */
async function sampled(engine: Engine, record: ContainerRecord): Promise<Sample | undefined> {
  const { runtime, clock } = engine.options;
  if (!engine.containers.isRunning(record)) return undefined;
  try {
    const usage = await runtime.usage(record.id);
    // The node's own links are not the container's.
    if (record.hostConfig.NetworkMode === 'host') usage.networks = [];
    return { read: clock.now().toISOString(), usage, systemNs: machineNs() };
  } catch (err) {
    if ((err as { code?: string }).code === 'container-not-found') return undefined;
    throw err;
  }
}

/** The kernel counts in hundredths of a second (USER_HZ). */
const TICK_NS = 10_000_000;

/** Processor time of all processors together, idle time too: proc_stat(5). */
function machineNs(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests had is in user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return ticks.reduce((sum, part) => sum + part, 0) * TICK_NS;
}
