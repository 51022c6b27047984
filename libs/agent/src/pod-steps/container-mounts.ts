import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Container, EphemeralContainer, Pod, Volume } from '#api/types';
import { systemReason } from '#base';
import type { Device, Mount } from '#runtime/containers.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import { expand } from '../environment-plan.ts';
import type { PodPaths } from '../pod-paths.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { isRecursive, propagationOf } from '../volume-mounts-plan.ts';
import { WaitingError } from './errors.ts';

export interface MountsInput {
  pod: Pod;
  container: Container | EphemeralContainer;
  attempt: number;
  env: readonly string[];
  paths: PodPaths;
  volumes: Pick<PodVolumes, 'binding' | 'device'>;
  mounts: Pick<VolumeMounts, 'bindWithin'>;
}

/** Everything that is bound into a container: its volumes, the pod's files of /etc, and the file for its last words. */
export function containerMounts(input: MountsInput): Mount[] {
  const { pod, container, paths } = input;
  const own = (container.volumeMounts ?? []).map((mount, index): Mount => {
    const volume = pod.spec.volumes?.find((v) => v.name === mount.name);
    if (!volume)
      throw new WaitingError(
        'CreateContainerConfigError',
        `cannot find volume "${mount.name}" to mount into container "${container.name}"`,
        10_000,
      );
    const bound = bindingOf(input, volume);
    const subPath = mount.subPathExpr ? expandSubPath(mount.subPathExpr, input) : mount.subPath;
    return {
      source: subPath ? bindSubPath(input, { volume: mount.name, root: bound.path, subPath, index }) : bound.path,
      destination: absolute(mount.mountPath),
      readonly: (mount.readOnly ?? false) || bound.readOnly,
      ...(isRecursive(mount) && { recursiveReadonly: true }),
      propagation: propagationOf(mount),
      ...(bound.options && { options: [...bound.options] }),
    };
  });
  const terminationPath = absolute(container.terminationMessagePath ?? '/dev/termination-log');
  const termination = paths.termination(container.name, input.attempt);
  mkdirSync(dirname(termination), { recursive: true });
  writeFileSync(termination, '');
  chmodSync(termination, 0o666); // whoever the container runs as writes it, whatever this process's umask is
  const files: Mount[] = [
    { source: paths.hosts, destination: '/etc/hosts', readonly: false },
    { source: paths.resolvConf, destination: '/etc/resolv.conf', readonly: false },
    { source: paths.hostname, destination: '/etc/hostname', readonly: false },
    { source: termination, destination: terminationPath, readonly: false },
  ];
  const taken = new Set(own.map((m) => m.destination));
  return [...own, ...files.filter((m) => !taken.has(m.destination))];
}

/** Block volumes (KEP-351): the devices that the container finds at the paths that it names. */
export function containerDevices({ pod, container, volumes }: Pick<MountsInput, 'pod' | 'container' | 'volumes'>): Device[] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }): Device => {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    try {
      if (!volume) throw new Error(`cannot find volume "${name}" to pass into container "${container.name}"`);
      const { path, readOnly } = volumes.device(pod, volume);
      return { source: path, path: devicePath, access: readOnly ? 'rm' : 'rwm' };
    } catch (err) {
      throw new WaitingError('CreateContainerConfigError', systemReason(err), 10_000, { cause: err });
    }
  });
}

function bindingOf({ volumes, pod }: MountsInput, volume: Volume): ReturnType<PodVolumes['binding']> {
  try {
    return volumes.binding(pod, volume);
  } catch (err) {
    throw new WaitingError('CreateContainerConfigError', systemReason(err), 10_000, { cause: err });
  }
}

const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

function expandSubPath(text: string, { env }: MountsInput): string {
  const variables = new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const expanded = expand(text, (name) => variables.get(name));
  if (/\$\(/.test(expanded))
    throw new WaitingError('CreateContainerConfigError', `missing value for "${/\$\(([^)]*)/.exec(expanded)?.[1] ?? text}"`, 10_000);
  return expanded;
}

/** A part of a volume is bound to a place of its own first: what the container could swap for a link later is followed only now, and inside. */
function bindSubPath(
  { container, mounts, paths }: MountsInput,
  part: { volume: string; root: string; subPath: string; index: number },
): string {
  if (part.subPath.startsWith('/') || part.subPath.split('/').includes('..'))
    throw new WaitingError('CreateContainerConfigError', `subPath "${part.subPath}" must be a relative path inside the volume`, 10_000);
  const target = paths.subPath(part.volume, container.name, part.index);
  try {
    mounts.bindWithin(part.root, part.subPath, target);
  } catch (err) {
    throw new WaitingError(
      'CreateContainerConfigError',
      `failed to prepare subPath for volumeMount "${part.volume}" of container "${container.name}"`,
      10_000,
      { cause: err },
    );
  }
  return target;
}
