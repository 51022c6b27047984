import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { describeImplied } from './implied-directories.ts';

/** Overlay without an upper directory needs two layers, and an image may have none: this one holds nothing. */
const empty = 'l/empty';

/** Names below `layers.root`, top first, that a mount of the layers has to list. */
export async function stackOf(layers: LayerStore, diffIds: readonly Digest[]): Promise<string[]> {
  const stack: Digest[] = [];
  const described: { diffId: Digest; implied: string[] }[] = [];
  for (const diffId of diffIds) {
    const layer = await layers.describe(diffId);
    if (!layer) throw new RuntimeError('bad-image', `layer ${diffId} is not unpacked on this node`);
    // An opaque root hides what lies below; overlayfs does not look for the mark there.
    if (layer.opaqueRoot) stack.length = described.length = 0;
    stack.push(diffId);
    described.push({ diffId, implied: layer.implied });
  }
  const names = stack.map((diffId) => layers.shortName(diffId)).reverse();
  const over = await describeImplied(layers, described);
  if (over) names.unshift(over);
  if (names.length < 2) {
    await mkdir(join(layers.root, empty), { recursive: true, mode: 0o755 });
    names.push(empty);
  }
  return names;
}
