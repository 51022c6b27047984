import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Digest, isDigest } from '#base';
import type { BuiltLayer } from '#runtime/building.contract';
import type { Image, ImageConfig } from '#runtime/images.contract';
import type { BuildOptions, CacheTarget } from './contract.ts';
import type { LayerCache } from './layer-cache.ts';
import type { BuildSession, UsedStep } from './session.ts';

/** A step that has been built, as it travels: its key, and what it made. */
interface TravellingStep {
  key: string;
  /** null: it changed nothing. */
  diffId: Digest | null;
  text: string;
}

/** In the config of an image that brings its cache along, or that is nothing else. */
const field = 'org.berth.buildcache';
type CachedConfig = ImageConfig & { [field]?: TravellingStep[] };

/** What others have built, before a build. A cache that cannot be read makes no build fail: it is said, and built without. */
export async function importCaches(session: BuildSession): Promise<void> {
  for (const source of session.options.cacheFrom ?? []) {
    try {
      await (source.type === 'local' ? importLocal(session, source.directory) : importImage(session, source));
    } catch (err) {
      session.signal.throwIfAborted();
      const place = source.type === 'local' ? source.directory : source.ref;
      const text = `failed to import the cache from ${place}: ${err instanceof Error ? err.message : String(err)}`;
      session.report({ do: 'warning', rule: 'cache', line: undefined, text });
    }
  }
}

async function importImage(session: BuildSession, { type, ref }: { type: 'registry' | 'image'; ref: string }): Promise<void> {
  const { images, building, credentialsFor } = session.options;
  const credentials = credentialsFor?.(ref);
  const pull = (): Promise<Image> => images.pull(ref, { signal: session.signal, unnamed: true, ...(credentials && { credentials }) });
  const image = type === 'image' ? await images.get(ref) : await pull();
  if (!image) throw new Error('there is no such image here');
  const layers = await building.layersOf(image.id);
  await session.hold(layers);
  const steps = (image.config as CachedConfig)[field];
  if (!Array.isArray(steps)) throw new Error('the image brings no cache along');
  await keep(session.cache, steps, new Map(layers.map((layer) => [layer.diffId, layer])));
}

async function importLocal(session: BuildSession, directory: string): Promise<void> {
  const steps = JSON.parse(await readFile(join(directory, 'cache.json'), 'utf8')) as TravellingStep[];
  const layers = new Map<Digest, BuiltLayer>();
  for (const diffId of layersIn(steps)) {
    await session.holder.hold([diffId]);
    const layer = await session.options.building.addLayer(createReadStream(blobIn(directory, diffId)) as AsyncIterable<Buffer>);
    if (layer.diffId !== diffId) throw new Error(`the layer ${diffId} has other content: ${layer.diffId}`);
    await session.hold([layer]);
    layers.set(diffId, layer);
  }
  await keep(session.cache, steps, layers);
}

/** Keys come from elsewhere: what is no key of ours is left out. What is here already stays as it is. */
async function keep(cache: LayerCache, steps: readonly TravellingStep[], layers: ReadonlyMap<Digest, BuiltLayer>): Promise<void> {
  for (const { key, diffId, text } of steps) {
    const layer = diffId === null ? undefined : layers.get(diffId);
    if (!/^[0-9a-f]{64}$/.test(key) || (diffId !== null && !layer)) continue;
    if (!(await cache.get(key, async () => undefined))) await cache.put(key, layer, String(text));
  }
}

/** `inline` targets need nothing of this: `withInlineCache` has put the steps into the image's config. */
export async function exportCaches(options: BuildOptions, used: readonly UsedStep[], ofImage: ReadonlySet<Digest>): Promise<void> {
  for (const target of options.cacheTo ?? []) {
    if (target.type === 'inline') continue;
    const chosen = target.mode === 'max' ? used : used.filter(({ layer }) => !layer || ofImage.has(layer.diffId));
    await (target.type === 'local' ? exportLocal(options, target.directory, chosen) : exportImage(options, target.ref, chosen));
  }
}

async function exportImage(
  { images, building, credentialsFor, signal }: BuildOptions,
  ref: string,
  used: readonly UsedStep[],
): Promise<void> {
  const layers = uniqueLayers(used);
  const config: CachedConfig = {
    architecture: 'unknown',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    [field]: used.map(travelling),
  };
  await building.commitImage({ config, layers, names: [ref] });
  const credentials = credentialsFor?.(ref);
  await images.push(ref, { signal, ...(credentials && { credentials }) });
  await images.remove(ref);
}

async function exportLocal({ building }: BuildOptions, directory: string, used: readonly UsedStep[]): Promise<void> {
  await mkdir(join(directory, 'layers'), { recursive: true });
  for (const layer of uniqueLayers(used)) {
    const read = await building.readLayer(layer);
    await pipeline(Readable.from(read()), createWriteStream(blobIn(directory, layer.diffId)));
  }
  await writeFile(join(directory, 'cache.json'), JSON.stringify(used.map(travelling)));
}

/** The config of an image that shall bring along what it was made by. */
export function withInlineCache(config: ImageConfig, used: readonly UsedStep[], targets: readonly CacheTarget[] = []): ImageConfig {
  if (!targets.some(({ type }) => type === 'inline')) return config;
  const own = new Set(config.rootfs.diff_ids);
  const cached: CachedConfig = { ...config, [field]: used.filter(({ layer }) => !layer || own.has(layer.diffId)).map(travelling) };
  return cached;
}

const travelling = ({ key, layer, text }: UsedStep): TravellingStep => ({ key, diffId: layer?.diffId ?? null, text });
const uniqueLayers = (used: readonly UsedStep[]): BuiltLayer[] => [
  ...new Map(used.flatMap(({ layer }) => (layer ? [[layer.diffId, layer] as const] : []))).values(),
];
const layersIn = (steps: readonly TravellingStep[]): Digest[] => [
  ...new Set(steps.flatMap(({ diffId }) => (typeof diffId === 'string' && isDigest(diffId) ? [diffId] : []))),
];
const blobIn = (directory: string, diffId: Digest): string => join(directory, 'layers', diffId.slice('sha256:'.length));
