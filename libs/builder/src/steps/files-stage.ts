import type { SourceTree } from '../context/source-tree.ts';
import type { Platform } from '../contract.ts';
import type { BuildSession } from '../session.ts';
import { TreeCopy } from './copy-tree.ts';
import { emptyState, type ImageState } from './image-state.ts';

/** FROM a named context that is a directory: its files, and nothing said of them. */
export async function stateOfFiles(
  session: BuildSession,
  tree: SourceTree,
  platform: Platform,
): Promise<{ state: ImageState; cached: boolean }> {
  const { building } = session.options;
  const key = ['FROM', await tree.digest('', false), session.timestampSeconds];
  const { layer, cached } = await session.layer('FROM a directory', key, async () => {
    const upper = await building.newUpper();
    try {
      new TreeCopy(upper.path, { keepOwners: false, copyAttributes: building.copyAttributes.bind(building) }).copy(tree, '', '/');
      return await building.commitLayer(upper.path, { timestampSeconds: session.timestampSeconds, holder: session.holder });
    } finally {
      await upper.remove();
    }
  });
  const state = emptyState(platform);
  if (layer) {
    state.layers.push(layer);
    state.history.push({ created: session.created, created_by: 'FROM a directory' });
  }
  return { state, cached };
}
