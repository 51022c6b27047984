import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '#base';
import { serveRegistry } from '#registry/testing';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, trickyText } from '../inputs/bytes.ts';
import { type Json, withOnePlaceChanged } from '../inputs/objects.ts';

interface Input {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

const known = Buffer.from('{}');
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const digests = [digestOf(known), digestOf(Buffer.from('x')), `sha256:${'0'.repeat(64)}`, 'sha256:x', 'sha512:x', 'md5:'];
const manifest: Json = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(known), size: known.length },
  layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(known), size: known.length }],
  annotations: { a: 'b' },
};

/** Requests of any client of the registry: it answers, keeps its directory in order, and leaves nothing beside it. */
export const registry: Target<Input> = {
  name: 'registry',
  share: 2,
  async open() {
    const base = await mkdtemp(join(tmpdir(), 'berth-fuzz-registry-'));
    const served = await serveRegistry(join(base, 'registry'));
    await send(served.host, { method: 'POST', path: `/v2/a/blobs/uploads/?digest=${digestOf(known)}`, headers: {}, body: known });
    return {
      make: registryRequest,
      show: ({ method, path, headers, body }) => `${method} ${path} ${JSON.stringify(headers)} ${excerpt(body)}`,
      async feed(input) {
        const { status, text } = await send(served.host, input);
        if (status >= 500) return `status ${status}: ${text.slice(0, 500)}`;
        if (text.includes(base)) return `a path of the host is told: ${text.slice(0, 500)}`;
        const beside = await readdir(base);
        return beside.length === 1 ? undefined : `beside the registry now lies ${beside.join(', ')}`;
      },
      async close() {
        await served.close();
        await rm(base, { recursive: true });
      },
    };
  },
};

function registryRequest(random: Random): Input {
  const name = oneOf(random, ['a', 'a/b', 'A', '..', 'a/../b', '%2e%2e', '', encodeURIComponent(trickyText(random).toWellFormed())]);
  const reference = oneOf(random, ['latest', ...digests, encodeURIComponent(trickyText(random).toWellFormed())]);
  const upload = oneOf(random, ['', random.uuid(), '..', '%2e%2e%2fx']);
  const path = oneOf(random, [
    `/v2/${name}/manifests/${reference}`,
    `/v2/${name}/blobs/${reference}`,
    `/v2/${name}/blobs/uploads/${upload}`,
    `/v2/${name}/blobs/uploads/${upload}?digest=${reference}&mount=${oneOf(random, digests)}&from=${name}`,
    `/v2/${name}/tags/list?n=${oneOf(random, ['1', '0', '-1', 'x', '1e9'])}&last=${reference}`,
    `/v2/${name}/referrers/${reference}?artifactType=${reference}`,
    `/v2/_catalog?n=${oneOf(random, ['1', '-1', 'x'])}`,
    `/${name}/${reference}`,
  ]);
  const text = Buffer.from(JSON.stringify(withOnePlaceChanged(manifest, random)));
  const body = oneOf(random, [Buffer.alloc(0), known, text, mutated(text, random), random.bytes(random.below(100))]);
  const ranges = ['0-1', 'bytes=0-', 'bytes=5-1', 'bytes=-', 'bytes=0-0,1-1', '0-99999999999', 'x'];
  return {
    method: oneOf(random, ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS']),
    path,
    headers: {
      ...(random.below(2) === 0 && {
        'content-type': oneOf(random, ['application/vnd.oci.image.manifest.v1+json', 'application/octet-stream', 'x']),
      }),
      ...(random.below(4) === 0 && { range: oneOf(random, ranges) }),
      ...(random.below(4) === 0 && { 'content-range': oneOf(random, ranges) }),
      ...(random.below(8) === 0 && { authorization: oneOf(random, ['Basic x', 'Bearer x', 'Basic ', 'x']) }),
      ...(random.below(8) === 0 && { accept: oneOf(random, ['*/*', 'a'.repeat(5000), ',']) }),
    },
    body,
  };
}

function send(host: string, { method, path, headers, body }: Input): Promise<{ status: number; text: string }> {
  const [hostname, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers: { ...headers, 'content-length': body.length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
