import { checkHostPath } from '../types/host-path.ts';
import { bindPath, unbind } from './bind.ts';
import type { SourcePlugin } from './source-plugin.ts';

/** Kubernetes, "Volumes", "hostPath", as the source of a PersistentVolume: for trying out on one node. Its files keep their owners. */
export const hostPathSource: SourcePlugin<'hostPath'> = {
  kind: 'hostPath',
  async setUp({ record: { source }, directory }, node) {
    await checkHostPath(source, node);
    bindPath(source.path, directory, node);
  },
  tearDown: ({ directory }, node) => unbind(directory, node),
};
