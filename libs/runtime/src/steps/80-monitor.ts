import { rm } from 'node:fs/promises';
import { createWithConmon, livingConmon } from '../containers/conmon.ts';
import type { ContainerContext } from './container-context.ts';
import type { Step } from './step.ts';

export const monitor: Step<ContainerContext> = {
  name: 'monitor',
  source: 'OCI runtime-spec, runtime.md, "create": everything exists but the program of the container, which `start` runs',
  async apply({ spec, bundle, conmon, filters, seccomp }) {
    await createWithConmon(conmon, {
      id: spec.id,
      name: spec.name,
      bundle,
      args: spec.args,
      logPath: spec.logPath,
      tty: spec.tty,
      stdin: spec.stdin,
      stdinOnce: spec.stdinOnce ?? false,
    });
    await filters.learn(spec.id, seccomp);
  },
  async revert({ spec, bundle, crun }) {
    await crun.delete(spec.id);
    const pid = livingConmon(spec.id, bundle);
    if (pid) process.kill(pid, 'SIGKILL');
    await rm(bundle.exitCode, { force: true });
  },
};
