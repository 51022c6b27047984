import { ManualClock } from '#base/testing';
import type { ContainerSpec } from '#runtime/containers.contract';
import { containerRuntimeConformance } from '#runtime/testing';
import { FakeRuntime } from './fake-runtime.ts';

const exitCodes: Record<string, number> = { SIGUSR1: 3, SIGTERM: 143, SIGKILL: 137 };

function container(id: string, sandboxId: string): ContainerSpec {
  const digest = `sha256:${'0'.repeat(64)}` as const;
  return {
    id,
    sandboxId,
    name: 'main',
    labels: { of: id },
    image: {
      id: digest,
      names: [],
      repoDigests: [],
      config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
      diffIds: [],
      sizeBytes: 0,
    },
    args: ['program'],
    env: [],
    cwd: '/',
    user: '',
    mounts: [],
    resources: {},
    readonlyRootfs: false,
    privileged: false,
    capabilities: { add: [], drop: [] },
    noNewPrivileges: false,
    seccomp: 'default',
    pidNamespace: 'container',
    tty: false,
    stdin: false,
    logPath: `/logs/${id}`,
  };
}

containerRuntimeConformance('FakeRuntime', async () => {
  const runtime = new FakeRuntime(new ManualClock());
  runtime.onSignal = (id, signal) => runtime.end(id, exitCodes[signal]!);
  runtime.onExec = ({ args }) => Number(args[1]);
  return {
    runtime,
    sandbox: (id) => ({ id, hostname: id, cgroupPath: `/fake/${id}`, hostNetwork: false, labels: { uid: id } }),
    container,
    exiting: (exitCode) => ({ args: ['exit', String(exitCode)], tty: false }),
    ready: async () => undefined,
    close: async () => undefined,
  };
});
