import type { Digest } from '#base';
import type { Logger } from '#telemetry';
import type { ContentStore } from '../content/content-store.ts';
import type { LayerStore } from '../layers/layer-store.ts';
import type { ImageRecord, ImageRecords } from './image-records.ts';
import { parseConfig, parseDocument } from './manifest.ts';

export interface RecoveryParts {
  content: ContentStore;
  layers: LayerStore;
  records: ImageRecords;
  logger: Logger;
}

/**
 * After the machine went down before all was on disk: blobs and layers of that time are proven again, and what does not hold goes. A layer
 * whose blob is whole is unpacked anew; an image that cannot be made whole is forgotten, as if it had never been pulled.
 */
export async function recoverImages(parts: RecoveryParts, sinceMs: number): Promise<void> {
  const { content, layers, records, logger } = parts;
  for (const digest of await content.list()) {
    if ((await content.changedMs(digest)) >= sinceMs && !(await content.isWhole(digest))) await content.remove(digest);
  }
  for (const diffId of await layers.list()) {
    if ((await layers.changedMs(diffId)) >= sinceMs && !(await layers.isWhole(diffId))) await layers.remove(diffId);
  }
  for (const record of records.list()) {
    try {
      await makeWhole(parts, record);
    } catch (err) {
      logger.warn({ image: record.names[0] ?? record.id, err }, 'an image was lost when the machine went down');
      await records.remove(record.id);
    }
  }
}

async function makeWhole({ content, layers }: RecoveryParts, record: ImageRecord): Promise<void> {
  const document = parseDocument(await content.read(record.manifest), record.manifestType);
  if (document.kind !== 'image') return;
  const { diff_ids: diffIds } = parseConfig(await content.read(record.id), document.manifest).rootfs;
  for (const [i, { digest }] of document.manifest.layers.entries()) {
    const diffId: Digest = diffIds[i]!;
    if (!(await layers.has(diffId))) await layers.unpack(diffId, content.stream(digest), { blob: digest });
  }
}
