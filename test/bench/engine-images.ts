import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { mustRun } from '#base';
import { home, percentile } from './api.ts';

const gzip = promisify(gzipCallback);
const port = 5000 + Number(process.env.BERTH_PORT_OFFSET ?? 0);
const host = `localhost:${port}`;
const bigFiles = 2000;
const bigFileBytes = 100 * 1024;

/** References in the registry of the cluster, from which every engine pulls. Of the large ones several, so that none is there already. */
export interface BenchImages {
  small: string;
  big: string[];
  bigMB: number;
  forty: string[];
  /** Median of a few. */
  copyMs(): Promise<number>;
}

export async function makeImages(root: string): Promise<BenchImages> {
  const small = await tarOf(root, 'small', async (directory) => {
    await mustRun(['install', '-D', '/bin/busybox', join(directory, 'bin/busybox')]);
    for (const name of ['true', 'sleep', 'sh']) await mustRun(['ln', join(directory, 'bin/busybox'), join(directory, 'bin', name)]);
  });
  const big = await inTurns(3, (i) =>
    tarOf(root, `big-${i}`, async (directory) => {
      for (let n = 0; n <= bigFiles; n++) await writeFile(join(directory, `file-${n}`), halfRandom(bigFileBytes));
    }),
  );
  const forty = await inTurns(5, (i) =>
    inTurns(40, (n) => tarOf(root, `forty-${i}-${n}`, (directory) => writeFile(join(directory, `layer-${n}`), halfRandom(bigFileBytes)))),
  );
  return {
    small: await push('small', [small]),
    big: await inTurns(big.length, (i) => push(`big-${i}`, [small, big[i]!])),
    forty: await inTurns(forty.length, (i) => push(`forty-${i}`, forty[i]!)),
    bigMB: 200,
    async copyMs() {
      const times = await inTurns(3, async (i) => {
        const began = performance.now();
        await mustRun(['cp', '-r', join(root, `big-${i}`), join(root, `copy-${i}`)]);
        return performance.now() - began;
      });
      return percentile(times, 50);
    },
  };
}

async function inTurns<T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(await make(i));
  return made;
}

/** Half random, half text: packs to about half, as programs do. */
function halfRandom(bytes: number): Buffer {
  const half = Math.floor(bytes / 2);
  return Buffer.concat([randomBytes(half), Buffer.alloc(bytes - half, 'the same text over and over ')]);
}

async function tarOf(root: string, name: string, fill: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  await fill(directory);
  await mustRun(['tar', '-C', directory, '-cf', `${directory}.tar`, '.']);
  return `${directory}.tar`;
}

async function push(repository: string, archives: readonly string[]): Promise<string> {
  const name = `bench/${repository}`;
  const layers: object[] = [];
  const diffIds: string[] = [];
  for (const archive of archives) {
    const tar = await readFile(archive);
    diffIds.push(digestOf(tar));
    layers.push(await pushBlob(name, 'application/vnd.oci.image.layer.v1.tar+gzip', await gzip(tar, { level: 6 })));
  }
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await pushBlob(name, 'application/vnd.oci.image.config.v1+json', config),
      layers,
    }),
  );
  await ask('PUT', `/v2/${name}/manifests/v1`, manifest, 'application/vnd.oci.image.manifest.v1+json');
  return `${host}/${name}:v1`;
}

async function pushBlob(name: string, mediaType: string, bytes: Buffer): Promise<object> {
  await ask('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(bytes)}`, bytes, 'application/octet-stream');
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** With the login that `npm start` made. Throws for a status of 400 and above. */
async function ask(method: string, path: string, body: Buffer, type: string): Promise<void> {
  const { auths } = JSON.parse(await readFile(join(home, 'auth.json'), 'utf8')) as { auths: Record<string, { auth: string }> };
  const authorization = `Basic ${Object.values(auths)[0]!.auth}`;
  const headers = { authorization, 'content-type': type, 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode! < 400 ? resolve() : reject(new Error(`${method} ${path}: ${response.statusCode}`))));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
