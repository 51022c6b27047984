import { digestOf, type Digest } from '#base';
import { RuntimeError } from '../contract.ts';
import type { SavedImage } from '../archives.contract.ts';
import { decompress } from '../layers/decompress.ts';
import type { TarEntry } from '../layers/tar-header.ts';
import { encodeHeader, endOfArchive, padding } from '../layers/tar-writer.ts';
import type { ImageStore } from './image-store.ts';
import { manifestOf, mediaTypes, parseDocument } from './manifest.ts';

/** A file of the archive. Its size is known before its bytes are. */
interface Member {
  path: string;
  sizeBytes: number;
  read: () => AsyncIterable<Buffer>;
}

interface SavedParts {
  manifest: object;
  index: object[];
  /** Docker's oldest form: name → tag → the topmost layer. */
  repositories: [repository: string, tag: string, layer: string][];
  blobs: Member[];
}

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);
const blobPath = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;

/** `ImageArchives.save`. What is looked up is held until the archive has been read or given up. */
export async function saveArchive(store: ImageStore, images: readonly SavedImage[]): Promise<AsyncGenerator<Buffer>> {
  const records = images.map((image) => recordOf(store, image));
  const held = await Promise.all(
    records.map(async ({ record }) => [record.manifest, record.id, ...(await layerDigests(store, record.id))]),
  );
  const release = await store.leases.take(held.flat());
  try {
    const parts = await Promise.all(images.map((image) => partsOf(store, image)));
    const members = new Map<string, Member>();
    for (const member of [...parts.flatMap(({ blobs }) => blobs), ...indexFiles(parts)]) members.set(member.path, member);
    return written([...members.values()], release);
  } catch (err) {
    release();
    throw err;
  }
}

function recordOf(store: ImageStore, { id }: SavedImage) {
  const record = store.records.find(id);
  if (!record) throw new RuntimeError('image-not-found', `No such image: ${id}`);
  return { record };
}

async function layerDigests(store: ImageStore, id: Digest): Promise<Digest[]> {
  const { record } = recordOf(store, { id, names: [] });
  const document = parseDocument(await store.content.read(record.manifest), record.manifestType);
  const diffIds = (await store.describe(record)).diffIds;
  return document.kind === 'image' ? [...document.manifest.layers.map(({ digest }) => digest), ...diffIds] : diffIds;
}

async function partsOf(store: ImageStore, image: SavedImage): Promise<SavedParts> {
  const { record } = recordOf(store, image);
  const { diffIds, config: configOf } = await store.describe(record);
  const document = parseDocument(await store.content.read(record.manifest), record.manifestType);
  if (document.kind !== 'image') throw new RuntimeError('bad-image', `${image.id} has no image manifest`);
  const config = await store.content.read(record.id);
  const layers = await Promise.all(document.manifest.layers.map(({ digest }, i) => layerMember(store, digest, diffIds[i]!)));
  const descriptors = layers.map(({ sizeBytes }, i) => ({ mediaType: mediaTypes.ociLayer, digest: diffIds[i]!, size: sizeBytes }));
  const manifest = manifestOf({ config: { mediaType: mediaTypes.ociConfig, digest: record.id, size: config.length }, layers: descriptors });
  const digest = digestOf(manifest);
  const { os, architecture, variant } = configOf;
  const described = {
    mediaType: mediaTypes.ociManifest,
    digest,
    size: manifest.length,
    platform: { architecture, os, ...(variant !== undefined && { variant }) },
  };
  const annotated = image.names.map((name) => ({
    ...described,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
  }));
  return {
    manifest: {
      Config: blobPath(record.id),
      RepoTags: image.names.length > 0 ? image.names.map(familiarName) : null,
      Layers: diffIds.map(blobPath),
      LayerSources: Object.fromEntries(descriptors.map((descriptor) => [descriptor.digest, descriptor])),
    },
    index: annotated.length > 0 ? annotated : [described],
    repositories: image.names.map((name) => [
      familiarName(name).slice(0, -tagOf(name).length - 1),
      tagOf(name),
      hexOf(diffIds.at(-1) ?? record.id),
    ]),
    blobs: [...layers, fileOf(blobPath(record.id), config), fileOf(blobPath(digest), manifest)],
  };
}

/** Its plain bytes, whichever form the store has. */
async function layerMember(store: ImageStore, digest: Digest, diffId: Digest): Promise<Member> {
  const description = await store.layers.describe(diffId);
  if (!description) throw new RuntimeError('bad-image', `layer ${diffId} is not here`);
  const open = await store.blobs.open(digest);
  return { path: blobPath(diffId), sizeBytes: description.sizeBytes, read: () => decompress(open()) };
}

function indexFiles(parts: readonly SavedParts[]): Member[] {
  const repositories = new Map<string, Map<string, string>>();
  for (const [repository, tag, layer] of parts.flatMap((part) => part.repositories))
    repositories.set(repository, (repositories.get(repository) ?? new Map<string, string>()).set(tag, layer));
  const tagged = [...repositories].map(([repository, tags]) => [repository, Object.fromEntries(tags)] as const);
  const json = (path: string, value: unknown): Member => fileOf(path, Buffer.from(JSON.stringify(value)));
  return [
    json('index.json', { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: parts.flatMap(({ index }) => index) }),
    json(
      'manifest.json',
      parts.map(({ manifest }) => manifest),
    ),
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    ...(tagged.length > 0 ? [json('repositories', Object.fromEntries(tagged))] : []),
  ];
}

const tagOf = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/** As people write it, and as Docker writes it into archives. */
const familiarName = (name: string): string => name.replace(/^docker\.io\/library\//, '').replace(/^docker\.io\//, '');

const fileOf = (path: string, bytes: Buffer): Member => ({
  path,
  sizeBytes: bytes.length,
  async *read() {
    yield bytes;
  },
});

async function* written(members: readonly Member[], release: () => void): AsyncGenerator<Buffer> {
  try {
    for (const path of ['blobs/', 'blobs/sha256/']) yield header({ path, type: 'directory', mode: 0o755, sizeBytes: 0 });
    for (const { path, sizeBytes, read } of members) {
      yield header({ path, type: 'file', mode: 0o644, sizeBytes });
      let left = sizeBytes;
      for await (const chunk of read()) {
        left -= chunk.length;
        if (left < 0) break;
        yield chunk;
      }
      if (left !== 0) throw new RuntimeError('bad-image', `${path} has other bytes than were counted`);
      yield padding(sizeBytes);
    }
    yield endOfArchive;
  } finally {
    release();
  }
}

function header(entry: Pick<TarEntry, 'path' | 'type' | 'mode' | 'sizeBytes'>): Buffer {
  return encodeHeader({ uid: 0, gid: 0, mtime: 0, linkPath: '', device: { major: 0, minor: 0 }, xattrs: new Map(), ...entry });
}
