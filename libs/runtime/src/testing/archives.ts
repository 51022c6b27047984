import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Digest } from '#base';
import type { TarEntry } from '../layers/tar-header.ts';
import { encodeHeader, endOfArchive, padding } from '../layers/tar-writer.ts';

/** What is not said is as of an ordinary file of root. */
export type EntrySpec = Partial<Omit<TarEntry, 'sizeBytes'>> & { path: string; content?: string | Buffer };

/** An archive of the given entries, in their order; nothing is added and nothing checked. */
export function archive(entries: readonly EntrySpec[]): Buffer {
  return Buffer.concat([...entries.flatMap(member), endOfArchive]);
}

function member({ content = '', ...spec }: EntrySpec): Buffer[] {
  const bytes = Buffer.from(content);
  const type = spec.type ?? 'file';
  const entry: TarEntry = {
    type,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    linkPath: '',
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
    ...spec,
    sizeBytes: bytes.length,
  };
  return [encodeHeader(entry), bytes, padding(bytes.length)];
}

export function sha256(bytes: Buffer | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Its blobs, and the manifest that names them. */
export interface TestImage {
  manifest: { mediaType: string; bytes: Buffer };
  config: Buffer;
  blobs: Buffer[];
  diffIds: Digest[];
}

/** An OCI image of the given layers' archives. */
export function testImage(layers: readonly Buffer[], config: object = {}, pack: (tar: Buffer) => Buffer = gzipSync): TestImage {
  const blobs = layers.map(pack);
  const diffIds = layers.map(sha256);
  const configBytes = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds }, ...config }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptor = (type: string, bytes: Buffer): object => ({ mediaType: type, digest: sha256(bytes), size: bytes.length });
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor('application/vnd.oci.image.config.v1+json', configBytes),
    layers: blobs.map((blob) => descriptor('application/vnd.oci.image.layer.v1.tar+gzip', blob)),
  };
  return { manifest: { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) }, config: configBytes, blobs, diffIds };
}

/** Puts an image into a registry by plain HTTP. */
export async function upload(url: string, repository: string, reference: string, image: TestImage): Promise<void> {
  for (const blob of [image.config, ...image.blobs]) {
    const response = await fetch(`${url}/v2/${repository}/blobs/uploads/?digest=${sha256(blob)}`, {
      method: 'POST',
      body: new Uint8Array(blob),
    });
    if (response.status !== 201) throw new Error(`blob: ${response.status} ${await response.text()}`);
  }
  const { mediaType, bytes } = image.manifest;
  const response = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: new Uint8Array(bytes),
  });
  if (response.status !== 201) throw new Error(`manifest: ${response.status} ${await response.text()}`);
}
