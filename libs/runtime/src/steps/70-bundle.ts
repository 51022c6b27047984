import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemReason } from '#base';
import type { ConditionalProfile } from '../containers/seccomp-profile.ts';
import { deviceAt, numbersOf } from '../containers/host-facts.ts';
import { ociSpec } from '../containers/oci-spec.ts';
import { RuntimeError } from '../contract.ts';
import { hasOwnName } from './20-pod-namespaces.ts';
import type { ContainerContext } from './container-context.ts';
import type { Step } from './step.ts';

export const bundle: Step<ContainerContext> = {
  name: 'bundle',
  source: 'OCI runtime-spec, bundle.md',
  async apply(context) {
    const { spec, sandbox, sandboxPaths, user } = context;
    if (!user) throw new Error('the user has not been resolved');
    const config = ociSpec({
      container: spec,
      user,
      rootfs: context.bundle.rootfs,
      cgroupsPath: `${sandbox.cgroupPath}/${spec.id}`,
      hostname: sandbox.hostname,
      namespaces: {
        ...(!sandbox.hostNetwork && { net: sandboxPaths.net }),
        ...(hasOwnName(sandbox) && { uts: sandboxPaths.uts }),
        ...(!spec.hostIpc && { ipc: sandboxPaths.ipc }),
        ...(spec.pidNamespace === 'sandbox' && { pid: sandboxPaths.pid }),
        ...(typeof spec.pidNamespace === 'object' && { pid: `/proc/${spec.pidNamespace.ofProcess}/ns/pid` }),
      },
      shmPath: spec.hostIpc ? '/dev/shm' : sandboxPaths.shm,
      imageVolumes: context.imageVolumes,
      devices: (spec.devices ?? []).map(deviceAt),
      numbersOf,
      host: context.host,
      ...(typeof spec.seccomp === 'object' && { seccompProfile: readProfile(spec.seccomp.path) }),
    });
    context.seccomp = config.linux.seccomp;
    Object.assign(config.annotations, context.filters.annotations(context.seccomp));
    writeFileSync(context.bundle.config, JSON.stringify(config), { mode: 0o600 });
  },
  async revert(context) {
    await rm(context.bundle.config, { force: true });
  },
};

function readProfile(path: string): ConditionalProfile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ConditionalProfile;
  } catch (err) {
    throw new RuntimeError('start-failed', `cannot load seccomp profile "${basename(path)}": ${systemReason(err)}`, { cause: err });
  }
}
