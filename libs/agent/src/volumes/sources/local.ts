import { statSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localVolumesDir } from '../../local-volumes.ts';
import type { HostNode } from '../volume-plugin.ts';
import { recordsOfNode } from '../volume-record.ts';
import { bindPath, unbind } from './bind.ts';
import { formatAndMount } from './file-system.ts';
import type { LeftVolume, MountedVolume, SourcePlugin } from './source-plugin.ts';

/** Kubernetes, "Volumes", "local": a directory or device of this node; nodeAffinity has brought the pod here. */
export const localSource: SourcePlugin<'local'> = {
  kind: 'local',
  /** Whoever else uses it was given it with a group of its own. */
  ownsFiles: async (volume, node) => !isShared(volume, node),
  async setUp(volume, node) {
    const { record, directory } = volume;
    const { path } = record.source;
    if (record.source.provisioned) await makeDirectory(volume, node);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) throw new Error(`path "${path}" does not exist`);
    if (record.mode === 'Block') {
      if (!found.isBlockDevice()) throw new Error(`path "${path}" is not a block device`);
      return;
    }
    if (!found.isBlockDevice()) return bindPath(path, directory, node);
    const global = globalMount(volume, node);
    await formatAndMount(path, global, { fsType: record.source.fsType, options: record.mountOptions, readOnly: record.readOnly, node });
    bindPath(global, directory, node);
  },
  device: ({ record }) => record.source.path,
  async tearDown(volume, node) {
    await unbind(volume.directory, node);
    if (isShared(volume, node)) return;
    await unbind(globalMount(volume, node), node);
  },
};

/** Where a device is mounted once for all pods that use it. */
const globalMount = ({ record }: LeftVolume<'local'>, { rootDir }: HostNode): string =>
  join(rootDir, 'plugins', 'local-volume', 'mounts', record.volume);

function isShared({ record }: LeftVolume<'local'>, { rootDir }: HostNode): boolean {
  return recordsOfNode(rootDir).some(({ kind, volume, pod }) => kind === 'local' && volume === record.volume && pod.uid !== record.pod.uid);
}

/** Anybody may write there, as in what upstream's provisioners of directories make: who the pod runs as is not known. */
async function makeDirectory({ record }: MountedVolume<'local'>, { rootDir }: HostNode): Promise<void> {
  const own = join(localVolumesDir(rootDir), record.volume);
  if (record.source.path !== own) throw new Error(`path "${record.source.path}" is not where this node keeps the volume`);
  await mkdir(localVolumesDir(rootDir), { recursive: true, mode: 0o755 });
  try {
    await mkdir(own);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw err;
  }
  await chmod(own, 0o777); // whatever this process's umask is
}
