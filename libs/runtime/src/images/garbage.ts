import type { Digest } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { ImageRecords } from './image-records.ts';
import type { Leases } from './leases.ts';
import { keptByIndex } from './image-index.ts';
import { parseConfig, parseDocument } from './manifest.ts';

export interface GarbageParts {
  content: ContentStore;
  layers: LayerStore;
  records: ImageRecords;
  leases: Leases;
  /** diffIDs that snapshots are mounted on, whether their image still has a name or not. */
  layersInUse: () => Promise<readonly Digest[]>;
}

/** Deletes blobs and unpacked layers that no image, no snapshot and no running pull uses. */
export function collectGarbage(parts: GarbageParts): Promise<{ removedBytes: number }> {
  return parts.leases.collect(async () => {
    await parts.records.prune();
    const kept = new Set<Digest>(await parts.layersInUse());
    for (const record of parts.records.list()) {
      kept.add(record.manifest).add(record.id);
      if (record.index) for (const digest of await keptByIndex(parts.content, record.index)) kept.add(digest);
      const document = parseDocument(await parts.content.read(record.manifest), record.manifestType);
      if (document.kind !== 'image') continue;
      for (const { digest } of document.manifest.layers) kept.add(digest);
      for (const diffId of parseConfig(await parts.content.read(record.id), document.manifest).rootfs.diff_ids) kept.add(diffId);
    }
    const isKept = (digest: Digest): boolean => kept.has(digest) || parts.leases.holds(digest);
    let removedBytes = await parts.content.removeLeftovers();
    for (const digest of await parts.content.list()) {
      if (!isKept(digest)) removedBytes += await parts.content.remove(digest);
    }
    for (const diffId of await parts.layers.list()) {
      if (isKept(diffId) || parts.layers.isUnpacking(diffId)) continue;
      removedBytes += (await parts.layers.describe(diffId))?.sizeBytes ?? 0;
      await parts.layers.remove(diffId);
    }
    return { removedBytes };
  });
}
