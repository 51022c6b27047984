import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { lookUp } from '#base';
import { type LayerEntry, opaqueName, whiteoutPrefix } from './layer-analysis.ts';

export interface SavedLayer {
  entries: LayerEntry[];
  /** Of its files. */
  bytes: number;
}

interface ImageConfig {
  rootfs?: { diff_ids?: string[] };
  history?: { created_by?: string; empty_layer?: boolean }[];
}

export interface SavedImage {
  layers: (SavedLayer & { diffId: string; createdBy: string })[];
}

/** Reads an archive of `docker save` as it comes, holding of each layer the names and sizes alone. */
export async function readSavedImage(archive: Readable): Promise<SavedImage> {
  const layers = new Map<string, SavedLayer>();
  const texts = new Map<string, string>();
  const links = new Map<string, string>();
  const outer = extract();
  const reading = (async () => {
    for await (const entry of outer) {
      const { name, type, linkname } = entry.header;
      if (type === 'symlink' || type === 'link') links.set(name, linkname ?? '');
      const bytes = entry as AsyncIterable<Buffer>;
      if (type !== 'file') entry.resume();
      else if (name.endsWith('.json') || name === 'oci-layout' || name === 'repositories') texts.set(name, await textOf(bytes));
      else await readBlob(bytes, { name, layers, texts });
    }
  })();
  await Promise.all([pipeline(archive, outer), reading]);
  const [manifest] = JSON.parse(texts.get('manifest.json') ?? '[]') as { Config: string; Layers: string[] }[];
  if (!manifest) throw new Error('the archive of the image has no manifest.json');
  const config = JSON.parse(texts.get(manifest.Config) ?? '{}') as ImageConfig;
  const steps = (config.history ?? []).filter((step) => step.empty_layer !== true);
  return {
    layers: manifest.Layers.map((path, i) => {
      const target = links.get(path)?.replace(/^(\.\.\/)+/, '');
      const found = layers.get(path) ?? (target === undefined ? undefined : layers.get(target));
      if (!found) throw new Error(`the archive of the image has no ${path}`);
      return { ...found, diffId: config.rootfs?.diff_ids?.[i] ?? '', createdBy: steps[i]?.created_by ?? '' };
    }),
  };
}

const decompressors: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = { '1f8b': createGunzip, '28b5': createZstdDecompress };

/** A blob is a layer, packed or not, or a text: which it is shows in its first bytes. */
async function readBlob(
  bytes: AsyncIterable<Buffer>,
  { name, layers, texts }: { name: string; layers: Map<string, SavedLayer>; texts: Map<string, string> },
): Promise<void> {
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : first.value;
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  }
  if (head[0] === 0x7b) {
    texts.set(name, await textOf(whole()));
    return;
  }
  const inner = extract();
  const layer: SavedLayer = { entries: [], bytes: 0 };
  const reading = (async () => {
    for await (const file of inner) {
      const found = entryOf(file.header);
      if (found) layer.entries.push(found);
      layer.bytes += found?.size ?? 0;
      file.resume();
    }
  })();
  const decompressor = lookUp(decompressors, head.subarray(0, 2).toString('hex'));
  await Promise.all([decompressor ? pipeline(whole(), decompressor(), inner) : pipeline(whole(), inner), reading]);
  layers.set(name, layer);
}

function entryOf({ name, type, size }: { name: string; type?: string | null; size?: number }): LayerEntry | undefined {
  const path = name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  if (last === opaqueName) return { path: folder, kind: 'opaque', size: 0 };
  if (last.startsWith(whiteoutPrefix)) {
    const hidden = last.slice(whiteoutPrefix.length);
    return { path: folder === '' ? hidden : `${folder}/${hidden}`, kind: 'whiteout', size: 0 };
  }
  if (path === '') return undefined;
  if (type === 'directory') return { path, kind: 'directory', size: 0 };
  return type === 'file' || type === 'contiguous-file' ? { path, kind: 'file', size: size ?? 0 } : { path, kind: 'other', size: 0 };
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}
