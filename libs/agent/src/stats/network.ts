import { readFile } from 'node:fs/promises';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { PodReading } from './meter.ts';

export interface NetworkFigures {
  device: string;
  received: Counts;
  sent: Counts;
}

interface Counts {
  bytes: number;
  packets: number;
  errors: number;
  dropped: number;
}

/** Of the pod's own devices; a pod in the node's network has none. /proc/PID/net/dev shows the network namespace of the process. */
export async function networkOf(runtime: Pick<ContainerRuntime, 'get'>, { pod, containers }: PodReading): Promise<NetworkFigures[]> {
  const [running] = containers;
  if (!running || pod.spec.hostNetwork) return [];
  const pid = (await runtime.get(running.id))?.pid;
  return pid ? parseNetDev(await readFile(`/proc/${pid}/net/dev`, 'utf8').catch(() => '')) : []; // it ends meanwhile
}

/** proc_pid_net(5), `dev`: eight numbers received and eight sent for each device, the loopback left out. */
export function parseNetDev(text: string): NetworkFigures[] {
  return text.split('\n').flatMap((line) => {
    const [, device, numbers = ''] = /^\s*([^:\s]+):(.*)$/.exec(line) ?? [];
    if (!device || device === 'lo') return [];
    const values = numbers.trim().split(/\s+/).map(Number);
    return [{ device, received: countsOf(values.slice(0, 8)), sent: countsOf(values.slice(8, 16)) }];
  });
}

const countsOf = ([bytes = 0, packets = 0, errors = 0, dropped = 0]: readonly number[]): Counts => ({ bytes, packets, errors, dropped });
