import type { SourceKind } from '../volume-record.ts';
import { csiSource } from './csi.ts';
import { hostPathSource } from './host-path.ts';
import { imageSource } from './image.ts';
import { iscsiSource } from './iscsi.ts';
import { localSource } from './local.ts';
import { nfsSource } from './nfs.ts';
import type { SourcePlugin } from './source-plugin.ts';

/** By kind: one that is forgotten does not compile. */
const sources: { [K in SourceKind]: SourcePlugin<K> } = {
  csi: csiSource,
  hostPath: hostPathSource,
  image: imageSource,
  iscsi: iscsiSource,
  local: localSource,
  nfs: nfsSource,
};

export function sourceOf<K extends SourceKind>(kind: K): SourcePlugin<K> {
  return sources[kind];
}

/** Kinds that a PersistentVolume can have. */
export const isVolumeSource = (kind: string): kind is Exclude<SourceKind, 'image'> => kind in sources && kind !== 'image';
