import type { SourceKind } from '../volume-record.ts';
import { csiSource } from './csi.ts';
import { hostPathSource } from './host-path.ts';
import { iscsiSource } from './iscsi.ts';
import { localSource } from './local.ts';
import { nfsSource } from './nfs.ts';
import type { SourcePlugin } from './source-plugin.ts';

/** By kind: one that is forgotten does not compile. */
const sources: { [K in SourceKind]: SourcePlugin<K> } = {
  csi: csiSource,
  hostPath: hostPathSource,
  iscsi: iscsiSource,
  local: localSource,
  nfs: nfsSource,
};

export function sourceOf<K extends SourceKind>(kind: K): SourcePlugin<K> {
  return sources[kind];
}

export const isSourceKind = (kind: string): kind is SourceKind => kind in sources;
