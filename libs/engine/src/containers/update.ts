import type { KernelSupport } from '#runtime/containers.contract';
import type { Engine } from '../engine.ts';
import { conflict, EngineError } from '../errors.ts';
import { checkRestartPolicy } from './creation.ts';
import type { ContainerRecord } from './record.ts';
import { checkResources, limitsOf } from './resources.ts';
import { type HostConfig, hostConfigShape } from './settings.ts';

/** What an update says nothing of, since 0 or nothing stands for it. */
const numbers = [
  'BlkioWeight',
  'CpuShares',
  'NanoCpus',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemorySwap',
  'MemoryReservation',
] as const;

/**
 * Docker Engine API, "Update a container": what is given changes, on disk and where it runs. Answers warnings. Throws 400 and 409; then nothing
 * has changed.
 */
export async function updateContainer(
  engine: Engine,
  record: ContainerRecord,
  body: Record<string, unknown> | undefined,
): Promise<string[]> {
  const { containers, options } = engine;
  const asked = hostConfigShape(body, 'UpdateConfig');
  const warnings = checkUpdate(asked, options.runtime.support);
  await containers.hold(record, async () => {
    const before = record.hostConfig;
    const after = changed(record, asked);
    try {
      if (containers.isRunning(record)) await options.runtime.update(record.id, limitsOf(givenOf(after, asked)));
    } catch (err) {
      throw new EngineError(500, `Cannot update container ${record.id}: ${err instanceof Error ? err.message : String(err)}`, {
        cause: err,
      });
    }
    record.hostConfig = after;
    try {
      await containers.book.write(record);
    } catch (err) {
      record.hostConfig = before;
      throw err;
    }
  });
  containers.emit(record, 'update');
  return warnings;
}

function checkUpdate(asked: HostConfig, support: KernelSupport): string[] {
  if (asked.RestartPolicy.Name !== '') checkRestartPolicy(asked.RestartPolicy);
  if (asked.PidsLimit !== null && asked.PidsLimit < 0) asked.PidsLimit = 0;
  return checkResources(asked, support, { isUpdate: true });
}

/** Pure. */
function changed({ id, hostConfig }: ContainerRecord, asked: HostConfig): HostConfig {
  const refused = (why: string): EngineError => conflict(`Cannot update container ${id}: ${why}`);
  const both = (one: string, other: string): EngineError =>
    refused(`Conflicting options: ${one} cannot be updated as ${other} has already been set`);
  if (asked.NanoCpus > 0 && hostConfig.CpuPeriod > 0) throw both('Nano CPUs', 'CPU Period');
  if (asked.NanoCpus > 0 && hostConfig.CpuQuota > 0) throw both('Nano CPUs', 'CPU Quota');
  if (asked.CpuPeriod > 0 && hostConfig.NanoCpus > 0) throw both('CPU Period', 'NanoCPUs');
  if (asked.CpuQuota > 0 && hostConfig.NanoCpus > 0) throw both('CPU Quota', 'NanoCPUs');
  if (asked.Memory > hostConfig.MemorySwap && asked.Memory !== 0 && asked.MemorySwap === 0) {
    throw refused('Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time');
  }
  const { Name: policy } = asked.RestartPolicy;
  if (hostConfig.AutoRemove && !['', 'no'].includes(policy))
    throw refused('Restart policy cannot be updated because AutoRemove is enabled for the container');
  return {
    ...hostConfig,
    ...Object.fromEntries(numbers.flatMap((name) => (asked[name] ? [[name, asked[name]]] : []))),
    ...(asked.PidsLimit !== null && { PidsLimit: asked.PidsLimit }),
    ...(policy !== '' && { RestartPolicy: asked.RestartPolicy }),
  };
}

/** What changes, and what the kernel wants to be told with it. */
function givenOf(after: HostConfig, asked: HostConfig): HostConfig {
  const isMemory = asked.Memory !== 0 || asked.MemorySwap !== 0;
  return {
    ...asked,
    ...(isMemory && { Memory: after.Memory, MemorySwap: after.MemorySwap }),
    ...(asked.CpuQuota !== 0 && { CpuPeriod: after.CpuPeriod }),
    ...(asked.CpuPeriod !== 0 && { CpuQuota: after.CpuQuota }),
  };
}
