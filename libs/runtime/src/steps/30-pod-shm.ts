import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bindMount, mount, mountFlags, unmount } from '../host/index.ts';
import type { SandboxContext } from './sandbox-context.ts';
import type { Step } from './step.ts';

/** The containers of a pod share one IPC namespace, so they share /dev/shm, where POSIX shared memory lives. */
export const podShm: Step<SandboxContext> = {
  name: 'pod-shm',
  source: 'shm_overview(7); 64 MiB as Docker and containerd give',
  async apply({ spec, paths }) {
    mkdirSync(paths.shm, { recursive: true });
    if (statSync(paths.shm).dev !== statSync(paths.dir).dev) return;
    if (spec.joins?.ipc !== undefined) return bindMount(join(dirname(paths.dir), spec.joins.ipc, 'shm'), paths.shm);
    const data = `mode=1777,size=${spec.shmBytes ?? 64 << 20}`;
    mount('shm', paths.shm, 'tmpfs', { flags: mountFlags.nosuid | mountFlags.nodev | mountFlags.noexec, data });
  },
  async revert({ paths }) {
    await unmount(paths.shm);
  },
};
