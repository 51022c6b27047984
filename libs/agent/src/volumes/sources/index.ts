import type { SourceKind } from '../volume-record.ts';
import { hostPathSource } from './host-path.ts';
import { localSource } from './local.ts';
import type { SourcePlugin } from './source-plugin.ts';

/** By kind: one that is forgotten does not compile. */
const sources: { [K in SourceKind]: SourcePlugin<K> } = { local: localSource, hostPath: hostPathSource };

export function sourceOf<K extends SourceKind>(kind: K): SourcePlugin<K> {
  return sources[kind];
}

export const isSourceKind = (kind: string): kind is SourceKind => kind in sources;
