import type { Digest } from '#base';
import type { ContentStore } from '../content/content-store.ts';
import { RuntimeError } from '../contract.ts';
import type { ImageRecord } from './image-records.ts';
import { hostPlatform, type IndexEntry, mediaTypes, parseConfig, parseDocument } from './manifest.ts';

/** OCI image-spec, image-index.md. The same entries are always the same bytes. */
export function indexOf(manifests: readonly IndexEntry[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}

/** The images of one index, as it lists them. */
export async function indexEntries(content: ContentStore, index: Digest): Promise<IndexEntry[]> {
  const document = parseDocument(await content.read(index), mediaTypes.ociIndex);
  if (document.kind !== 'index') throw new RuntimeError('bad-image', `${index} is no index`);
  return document.entries;
}

/** An index over images that are here; the record is that of this machine's platform, else of the first. */
export async function recordOfIndex(
  content: ContentStore,
  records: readonly ImageRecord[],
  names: readonly string[],
): Promise<ImageRecord> {
  const entries: IndexEntry[] = [];
  let own = records[0]!;
  for (const record of records) {
    const bytes = await content.read(record.manifest);
    const document = parseDocument(bytes, record.manifestType);
    if (document.kind !== 'image') throw new RuntimeError('bad-image', `${record.id} has no image manifest`);
    const { architecture, os, variant } = parseConfig(await content.read(record.id), document.manifest);
    if (os === hostPlatform.os && architecture === hostPlatform.architecture) own = record;
    const platform = { architecture, os, ...(variant && { variant }) };
    entries.push({ mediaType: record.manifestType, digest: record.manifest, size: bytes.length, platform });
  }
  const index = await content.put(indexOf(entries));
  return { ...own, names: [...names], repoDigests: [], index };
}

/** Blobs and layers that an index keeps here. */
export async function keptByIndex(content: ContentStore, index: Digest): Promise<Digest[]> {
  const kept: Digest[] = [index];
  for (const { digest, mediaType } of await indexEntries(content, index)) {
    const document = parseDocument(await content.read(digest), mediaType);
    if (document.kind !== 'image') continue;
    const { config, layers } = document.manifest;
    kept.push(digest, config.digest, ...layers.map((layer) => layer.digest));
    kept.push(...parseConfig(await content.read(config.digest), document.manifest).rootfs.diff_ids);
  }
  return kept;
}
