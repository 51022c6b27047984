import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { HostPathVolumeSource } from '#api/types';
import { lookUp } from '#base';
import type { VolumeNode, VolumePlugin } from '../volume-plugin.ts';

/** Kubernetes, "hostPath": a place of the node itself. */
export const hostPath: VolumePlugin<'hostPath'> = {
  type: 'hostPath',
  setUp: ({ source }, node) => checkHostPath(source, node),
  /** What it led to when the pod began may since be another's link, or gone: then a directory, as runtimes make it. */
  boundAt({ source: { path } }, node) {
    refuseAway(path, node);
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o755 });
    return path;
  },
  tearDown: async () => undefined, // it was there before the pod, and stays
};

/** Makes what its type says may be made. Throws when there is something else. */
export async function checkHostPath({ path, type = '' }: HostPathVolumeSource, node: Pick<VolumeNode, 'mounts'>): Promise<void> {
  refuseAway(path, node);
  await checkType(path, type);
}

function refuseAway(path: string, { mounts }: Pick<VolumeNode, 'mounts'>): void {
  if (mounts.leadsAway(path)) throw new Error(`hostPath ${path} leads out of what the node sees`);
}

/** Kubernetes, "hostPath volume types". */
async function checkType(path: string, type: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  // Runtimes make a directory of what is not there, so an untyped path never fails.
  if (type === '' && found) return;
  if ((type === 'DirectoryOrCreate' || type === '') && !found) {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return;
  }
  if (type === 'FileOrCreate' && !found) return writeFile(path, '', { mode: 0o644, flag: 'a' });
  const checks: Record<string, [string, boolean | undefined]> = {
    Directory: ['a directory', found?.isDirectory()],
    DirectoryOrCreate: ['a directory', found?.isDirectory()],
    File: ['a file', found?.isFile()],
    FileOrCreate: ['a file', found?.isFile()],
    Socket: ['a socket file', found?.isSocket()],
    CharDevice: ['a character device', found?.isCharacterDevice()],
    BlockDevice: ['a block device', found?.isBlockDevice()],
  };
  const [what, holds] = lookUp(checks, type) ?? ['of a known type', false];
  if (!holds) throw new Error(`hostPath type check failed: ${path} is not ${what}`);
}
