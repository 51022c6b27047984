import type { BuildSession } from '../session.ts';
import { TreeCopy } from './copy-tree.ts';
import type { ImageState } from './image-state.ts';
import { ownerOf } from './owner.ts';

/** WORKDIR makes its directory, for the USER of the image, when it is not there. Makes no layer when it is. */
export async function workdirStep(session: BuildSession, state: ImageState, text: string): Promise<boolean> {
  const { building } = session.options;
  const path = state.config.WorkingDir ?? '/';
  const lower = state.layers.map(({ diffId }) => diffId);
  const user = state.config.User ?? '';
  const { layer, cached } = await session.layer(text, ['WORKDIR', lower, path, user, session.timestampSeconds], async () => {
    const upper = await building.newUpper();
    try {
      await building.withRoot(lower, upper.path, async (root) => {
        const owner = user === '' ? undefined : ownerOf(user, root);
        new TreeCopy(root, { owner, keepOwners: false, copyAttributes: () => undefined }).makeDirectories(path);
      });
      return await building.commitLayer(upper.path, { timestampSeconds: session.timestampSeconds, holder: session.holder });
    } finally {
      await upper.remove();
    }
  });
  if (layer) state.layers.push(layer);
  state.history.push({ created: session.created, created_by: text, ...(layer ? {} : { empty_layer: true }) });
  return cached;
}
