import { mkdir } from 'node:fs/promises';
import { unbind } from './bind.ts';
import type { LeftVolume, SourcePlugin } from './source-plugin.ts';

/** An image's layers without a writable one. What is mounted is known to the node's snapshots by a key. */
export const imageSource: SourcePlugin<'image'> = {
  kind: 'image',
  async setUp({ directory }) {
    await mkdir(directory, { recursive: true, mode: 0o755 });
  },
  async tearDown(volume, node) {
    await node.snapshots.remove(snapshotKey(volume.record));
    await unbind(volume.directory, node);
  },
};

/** Not that of any container: theirs are hexadecimal. */
export const snapshotKey = ({ pod, volume }: LeftVolume<'image'>['record']): string => `volume-${pod.uid}-${volume}`;
