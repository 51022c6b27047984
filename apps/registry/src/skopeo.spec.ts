import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { mustRun, runCommand } from '#base';
import { silentLogger } from '#telemetry';
import { serve } from './serve.ts';

// Real programs and a real disk, which a busy machine makes slow.
jest.setTimeout(60_000);

/** The whole application, and a client that we did not write. */
const port = 22_000 + (process.pid % 10_000);
const registry = `docker://127.0.0.1:${port}`;
let directory: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-skopeo-'));
  await writeImageLayout(join(directory, 'image'));
  stop = await serve(
    {
      rootDir: join(directory, 'registry'),
      bindAddresses: ['127.0.0.1', '127.0.0.2'],
      port,
      metricsPort: port + 1,
      logLevel: 'silent',
      garbageCollect: false,
      garbage: { intervalMs: 0, graceMs: 0 },
      anonymousAccess: 'none',
      servers: [],
    },
    silentLogger,
  );
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

const skopeo = (...args: string[]): Promise<string> => mustRun(['skopeo', '--insecure-policy', ...args]);

it('copies an image there and back unchanged', async () => {
  await skopeo('copy', '--dest-tls-verify=false', `oci:${directory}/image:v1`, `${registry}/team/app:v1`);
  await skopeo('copy', '--src-tls-verify=false', `${registry}/team/app:v1`, `oci:${directory}/back:v1`);
  const digest = (await skopeo('inspect', '--format', '{{.Digest}}', `oci:${directory}/image:v1`)).trim();
  expect((await skopeo('inspect', '--format', '{{.Digest}}', `oci:${directory}/back:v1`)).trim()).toBe(digest);
});

it('copies between repositories and to the Docker format', async () => {
  const local = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  await skopeo('copy', ...local, `${registry}/team/app:v1`, `${registry}/other/app:v2`);
  await skopeo('copy', ...local, '--format', 'v2s2', `${registry}/team/app:v1`, `${registry}/docker/app`);
  const raw = JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', `${registry}/docker/app:latest`)) as { mediaType: string };
  expect(raw.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
});

it('inspects, lists tags and deletes', async () => {
  const seen = JSON.parse(await skopeo('inspect', '--tls-verify=false', `${registry}/team/app:v1`)) as {
    RepoTags: string[];
    Layers: string[];
  };
  expect([seen.RepoTags, seen.Layers.length]).toEqual([['v1'], 1]);
  expect(JSON.parse(await skopeo('list-tags', '--tls-verify=false', `${registry}/team/app`))).toMatchObject({ Tags: ['v1'] });
  await skopeo('delete', '--tls-verify=false', `${registry}/team/app:v1`);
  const gone = await runCommand(['skopeo', 'inspect', '--tls-verify=false', `${registry}/team/app:v1`]);
  expect(gone.code).not.toBe(0);
  expect(gone.stderr).toContain('manifest unknown');
});

it('answers on every given address', async () => {
  expect((await fetch(`http://127.0.0.2:${port}/v2/`)).status).toBe(200);
});

/** OCI image-spec, image-layout.md: one image of one file. */
async function writeImageLayout(root: string): Promise<void> {
  await mkdir(join(root, 'blobs/sha256'), { recursive: true });
  const put = async (bytes: Buffer, mediaType: string): Promise<{ mediaType: string; digest: string; size: number }> => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(root, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const archive = pack();
  archive.entry({ name: 'hello.txt', mode: 0o644 }, 'hello\n');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const tar = Buffer.concat(chunks);
  const layer = await put(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] }, config: { Cmd: ['/hello'] } };
  const configAt = await put(Buffer.from(JSON.stringify(config)), 'application/vnd.oci.image.config.v1+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: configAt, layers: [layer] })), mediaType);
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'v1' } };
  await writeFile(join(root, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(root, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}
