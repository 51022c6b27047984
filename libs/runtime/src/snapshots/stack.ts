import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import { bad } from '../layers/tar-header.ts';
import { describeImplied } from './implied-directories.ts';
import { linksBelow } from './links-below.ts';

/** Overlay without an upper directory needs two layers, and an image may have one or none: these hold nothing. */
const empties = ['empty-1', 'empty-2'];

/**
 * Names in `<layers.root>/l`, top first, that a mount of the layers has to list. A layer that an image has twice (the empty one, often)
 * is listed once, where it is on top: overlay refuses one directory twice, and what the upper one says of a path goes anyway.
 */
export async function stackOf(layers: LayerStore, diffIds: readonly Digest[]): Promise<string[]> {
  const stack: string[] = [];
  const budget = { bytes: layers.limits.imageBytes };
  const described: { diffId: Digest; implied: string[] }[] = [];
  const topmost = diffIds.filter((diffId, i) => diffIds.lastIndexOf(diffId) === i);
  for (const diffId of topmost) {
    const layer = await layers.describe(diffId);
    if (!layer) throw new RuntimeError('bad-image', `layer ${diffId} is not unpacked on this node`);
    // An opaque root hides what lies below; overlayfs does not look for the mark there.
    if (layer.opaqueRoot) stack.length = described.length = 0;
    budget.bytes -= layer.sizeBytes;
    if (layer.links) {
      const below = stack.toReversed();
      if (below.length === 0) throw bad(`hard link '${layer.links[0]!.path}' to a file of a layer below, and there is none`);
      const chain = [...described.map((lower) => lower.diffId), diffId];
      stack.push(await linksBelow(layers, { chain, links: layer.links, below, budget }));
    }
    stack.push(layer.link);
    described.push({ diffId, implied: layer.implied });
  }
  const names = stack.toReversed();
  const over = await describeImplied(layers, described);
  if (over) names.unshift(over);
  for (const empty of empties.slice(names.length)) {
    await mkdir(join(layers.root, 'l', empty), { recursive: true, mode: 0o755 });
    names.push(empty);
  }
  return names;
}
