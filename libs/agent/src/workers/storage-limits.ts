import type { Clock } from '#base';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { DiskUsage, VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import { exceededStorage, limitsLocalStorage, type LocalStorage, localVolumes } from '../storage-plan.ts';
import type { PodWorker } from './pod-worker.ts';

/** The kubelet's eviction interval. */
const LOOK_MS = 10_000;

export interface StorageLimitsOptions extends StorageMeters {
  clock: Clock;
  logger: Logger;
  pods: () => readonly PodWorker[];
}

/** Evicts pods that use more of the disk than their limits allow. Resolves when `signal` aborts. */
export async function enforceStorageLimits(options: StorageLimitsOptions, signal: AbortSignal): Promise<void> {
  for await (const _ of options.clock.every(LOOK_MS, signal)) {
    for (const worker of options.pods()) {
      const { pod, life } = worker.view();
      if (life.stage !== 'running' || !limitsLocalStorage(pod)) continue;
      try {
        const message = exceededStorage(pod, await localStorageOf(options, worker));
        if (!message) continue;
        worker.event({ type: 'Warning', reason: 'Evicted', message });
        worker.fail({ reason: 'Evicted', message, graceMs: 0 });
      } catch (err) {
        options.logger.warn(
          { err, namespace: pod.metadata.namespace, name: pod.metadata.name },
          'the storage of a pod could not be measured',
        );
      }
    }
  }
}

export interface StorageMeters {
  runtime: Pick<ContainerRuntime, 'writableUsage'>;
  mounts: Pick<VolumeMounts, 'diskUsage'>;
}

/** What a pod has written on the node's disk: bytes, or files and directories. */
export async function localStorageOf(
  { runtime, mounts }: StorageMeters,
  worker: PodWorker,
  unit: keyof DiskUsage = 'bytes',
): Promise<LocalStorage> {
  const { paths } = worker;
  const { pod, entries } = worker.view();
  const containers = new Map<string, number>();
  for (const { name, current } of entries) {
    const written = current ? (await runtime.writableUsage(current.id))[unit] : 0;
    containers.set(name, written + (await mounts.diskUsage(paths.logs(name)))[unit]);
  }
  const volumes = new Map<string, number>();
  for (const { name } of localVolumes(pod)) volumes.set(name, (await mounts.diskUsage(paths.volume(name)))[unit]);
  return { containers, volumes };
}
