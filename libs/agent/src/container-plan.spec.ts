import type { Container, PodSpec } from '#api/types';
import type { Image } from '#runtime/images.contract';
import { containerSpec } from './container-plan.ts';
import { pod } from './testing/pod-builder.ts';

const image = (config: Image['config']['config']): Image => ({
  id: `sha256:${'0'.repeat(64)}`,
  names: [],
  repoDigests: [],
  config: { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } },
  diffIds: [],
  sizeBytes: 0,
});
const built = {
  Entrypoint: ['/entry'],
  Cmd: ['serve'],
  Env: ['PATH=/app', 'A=image'],
  User: 'web',
  WorkingDir: '/srv',
  StopSignal: 'SIGQUIT',
};

function specOf(
  container: Partial<Container> = {},
  spec: Partial<PodSpec> = {},
  config: Image['config']['config'] = built,
  targetPid?: number,
) {
  const own = { name: 'c', image: 'app:v1', ...container };
  return containerSpec({
    pod: pod({ ...spec, containers: [own] }),
    container: own,
    id: 'id',
    attempt: 0,
    sandboxId: 'uid-a',
    hostname: 'a',
    image: image(config),
    env: ['A=own', 'X=y'],
    mounts: [],
    devices: [],
    logPath: '/log',
    seccompRoot: '/seccomp',
    nodeMemoryBytes: 2 ** 30,
    targetPid,
  });
}

describe('the process namespace', () => {
  it.each<[string, Partial<PodSpec>, number | undefined, unknown]>([
    ['its own', {}, undefined, 'container'],
    ["the pod's", { shareProcessNamespace: true }, undefined, 'sandbox'],
    ["the host's", { hostPID: true }, undefined, 'host'],
    ["a target's", {}, 7, { ofProcess: 7 }],
    ["the pod's, which its target is in", { shareProcessNamespace: true }, 7, 'sandbox'],
    ["the host's, which its target is in", { hostPID: true }, 7, 'host'],
  ])('is %s', (_which, spec, targetPid, want) => expect(specOf({}, spec, built, targetPid).pidNamespace).toEqual(want));
});

describe('the container of a template', () => {
  // The table of Kubernetes, "Define a Command and Arguments for a Container".
  it.each<[string, Partial<Container>, string[]]>([
    ['neither', {}, ['/entry', 'serve']],
    ['command', { command: ['run'] }, ['run']],
    ['args', { args: ['x', '$(X)', '$(NO)'] }, ['/entry', 'x', 'y', '$(NO)']],
    ['both', { command: ['run'], args: ['x'] }, ['run', 'x']],
  ])('runs with %s', (_name, container, want) => expect(specOf(container).args).toEqual(want));

  it('has nothing to run without a command', () => expect(() => specOf({}, {}, {})).toThrow('no command specified'));

  it("merges the image's environment, directory, user and stop signal", () => {
    expect(specOf()).toMatchObject({
      env: ['PATH=/app', 'HOSTNAME=a', 'A=own', 'X=y'],
      cwd: '/srv',
      user: 'web',
      stopSignal: 'SIGQUIT',
      seccomp: 'default',
    });
    expect(specOf({ workingDir: '/w' }).cwd).toBe('/w');
  });

  it.each<[string, Container['securityContext'], PodSpec['securityContext'], string]>([
    ['of the pod', {}, { runAsUser: 1, runAsGroup: 2 }, '1:2'],
    ['of the container before', { runAsUser: 3 }, { runAsUser: 1 }, '3'],
    ['by its group only', {}, { runAsGroup: 2 }, 'web:2'],
  ])('takes the user %s', (_name, own, shared, want) =>
    expect(specOf({ securityContext: own }, { securityContext: shared }).user).toBe(want),
  );

  it.each<[string, Container['securityContext'], string, string | undefined]>([
    ['root by number', { runAsNonRoot: true, runAsUser: 0 }, '', "container's runAsUser breaks non-root policy"],
    ["root by the image's silence", { runAsNonRoot: true }, '', 'image will run as root'],
    ['a name', { runAsNonRoot: true }, 'web', 'image has non-numeric user (web), cannot verify user is non-root'],
    ['a number', { runAsNonRoot: true }, '1000', undefined],
    ['an override', { runAsNonRoot: true, runAsUser: 5 }, 'root', undefined],
  ])('checks runAsNonRoot against %s', (_name, securityContext, user, message) => {
    const make = () => specOf({ securityContext }, {}, { ...built, User: user });
    if (message) expect(make).toThrow(message);
    else expect(make).not.toThrow();
  });

  it('carries the rest of the security context', () => {
    const securityContext = {
      privileged: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' },
    };
    expect(
      specOf({ securityContext }, { shareProcessNamespace: true, securityContext: { fsGroup: 7, supplementalGroups: [8] } }),
    ).toMatchObject({
      privileged: true,
      readonlyRootfs: true,
      noNewPrivileges: true,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
      seccomp: { path: '/seccomp/p.json' },
      pidNamespace: 'sandbox',
      supplementalGroups: [8, 7],
    });
  });
});
