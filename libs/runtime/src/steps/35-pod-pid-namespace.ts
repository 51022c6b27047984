import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { bindMount, startTimeOf, unpinNamespace } from '../host/index.ts';
import { readIfPresent, writeState } from '../containers/state-file.ts';
import type { ContainerContext } from './container-context.ts';
import type { SandboxContext } from './sandbox-context.ts';
import type { Step } from './step.ts';

/**
 * A process namespace that the containers of a pod share. It lives as long as its first process, so one that only sleeps is that: it
 * ignores SIGCHLD, which exec keeps, and so the kernel itself reaps the orphans it is given.
 */
export const podPidNamespace: Step<ContainerContext> = {
  name: 'pod-pid-namespace',
  source: 'Kubernetes, "Share Process Namespace between Containers in a Pod"; pid_namespaces(7)',
  async apply({ spec, sandboxPaths }) {
    if (spec.pidNamespace !== 'sandbox') return;
    // The containers of a pod are made at the same time, and all of them need the one.
    const key = sandboxPaths.pid;
    const making = underWay.get(key) ?? make(sandboxPaths).finally(() => underWay.delete(key));
    underWay.set(key, making);
    await making;
  },
  async revert() {
    // It is the pod's, and ends with the sandbox.
  },
};

const underWay = new Map<string, Promise<void>>();

async function make(paths: SandboxContext['paths']): Promise<void> {
  if (await keeperOf(paths.pausePid)) return;
  await unpinNamespace(paths.pid);
  const keeper = spawn('unshare', ['--pid', '--fork', '--kill-child=KILL', '--', 'sh', '-c', 'trap "" CHLD; echo; exec sleep infinity'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await Promise.race([once(keeper.stdout, 'data'), once(keeper, 'error').then(([err]) => Promise.reject(err as Error))]);
  keeper.stdout.destroy();
  keeper.unref();
  const [init] = readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').trim().split(' ');
  writeFileSync(paths.pid, '');
  bindMount(`/proc/${init}/ns/pid`, paths.pid);
  writeState(paths.pausePid, `${keeper.pid}:${startTimeOf(keeper.pid!)}`);
}

/** Ends the shared process namespace, and so everything in it. Idempotent. */
export async function endPodPidNamespace(paths: SandboxContext['paths']): Promise<void> {
  const pid = await keeperOf(paths.pausePid);
  if (pid) process.kill(pid, 'SIGKILL');
  await unpinNamespace(paths.pid);
}

/** With the start time a reused process id is told from ours. */
async function keeperOf(file: string): Promise<number | undefined> {
  const [pid, startTime] = (readIfPresent(file) ?? '').replaceAll('"', '').split(':');
  return pid && startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
}
