import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './run.ts';

const megabyte = 1024 * 1024;
const blobBytes = 32 * megabyte;
const contents = 16;
/** Pulls are quick: one turn through the blobs would be over before much can be told. */
const turns = { push: 1, pull: 4, manifest: 1 };
const manifests = 1000;

const port = 17_000 + (process.pid % 1000);

interface Target {
  child: ChildProcess;
  port: number;
}

interface Measured {
  perSecond: number;
  /** Of the registry. A client that only counts bytes takes its part of the machine's processors too. */
  processorMs: number;
}

/**
 * Push and pull of blobs and manifests over loopback by 1, 4 and 8 clients, at a registry of ours and at Debian's docker-registry by turns,
 * each with a directory of its own, so that both meet the same machine.
 */
export async function registry(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-bench-registry-'));
  const targets = [await startOwn(join(directory, 'own'), port), await startPeer(join(directory, 'peer'), port + 1)] as const;
  try {
    const [own, peer] = targets;
    const rows = await compare(own, peer);
    const memory = ({ child }: Target): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid!}/status`, 'utf8'))![1]) / 1024;
    rows.push(row('registry: memory afterwards, MiB', memory(own), memory(peer), false));
    return rows;
  } finally {
    connections.destroy();
    for (const { child } of targets) {
      child.kill();
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true });
  }
}

async function compare(own: Target, peer: Target): Promise<Row[]> {
  const blobs = Array.from({ length: contents }, () => randomBytes(blobBytes));
  const digests = blobs.map((bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  const rows: Row[] = [];
  for (const clients of [1, 4, 8]) {
    const repository = `/v2/bench-${clients}`;
    const tasks = {
      push: (target: Target, i: number) => pushBlob(target, `${repository}/blobs/uploads/`, { digest: digests[i]!, bytes: blobs[i]! }),
      pull: (target: Target, i: number) => pull(target, `${repository}/blobs/${digests[i]!}`),
      manifest: (target: Target, i: number) => ask(target, 'GET', `${repository}/manifests/${i % 2 ? 'a' : 'b'}`),
    };
    for (const what of ['push', 'pull', 'manifest'] as const) {
      if (what === 'manifest') for (const target of [own, peer]) await pushManifests(target, repository, digests[0]!);
      const count = what === 'manifest' ? manifests : turns[what] * contents;
      const unit = what === 'manifest' ? 1 : blobBytes / megabyte;
      const measured: Measured[] = [];
      for (const target of [own, peer])
        measured.push(await measure(target, { clients, count, unit }, (i) => tasks[what](target, i % contents)));
      const [ours, theirs] = measured as [Measured, Measured];
      const label = what === 'manifest' ? 'manifests/s' : 'MB/s';
      rows.push(row(`registry ${what} × ${clients}, ${label}`, ours.perSecond, theirs.perSecond, true));
      rows.push(row(`registry ${what} × ${clients}, processor ms`, ours.processorMs, theirs.processorMs, false));
    }
    for (const digest of digests) await ask(own, 'DELETE', `${repository}/blobs/${digest}`);
  }
  return rows;
}

function row(what: string, ours: number, theirs: number, moreIsBetter: boolean): Row {
  return { what, value: ours.toFixed(0), peer: theirs.toFixed(0), ratio: moreIsBetter ? ours / theirs : theirs / ours };
}

async function measure(
  { child }: Target,
  { clients, count, unit }: { clients: number; count: number; unit: number },
  task: (i: number) => Promise<unknown>,
): Promise<Measured> {
  const todo = Array.from({ length: count }, (_n, n) => n);
  const [began, used] = [performance.now(), processorMs(child.pid!)];
  const client = async (): Promise<void> => {
    for (let i = todo.shift(); i !== undefined; i = todo.shift()) await task(i);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { perSecond: (count * unit) / ((performance.now() - began) / 1000), processorMs: processorMs(child.pid!) - used };
}

/** As the supervisor starts it: libs/cli/src/supervisor/parts.ts. */
function startOwn(directory: string, at: number): Promise<Target> {
  const flags = ['--max-semi-space-size=1', '--expose-gc', 'dist/parts/registry.js', `--root-dir=${directory}`, `--port=${at}`];
  return answering(spawn(process.execPath, flags, { stdio: 'ignore', env: { ...process.env, MALLOC_ARENA_MAX: '2' } }), at);
}

function startPeer(directory: string, at: number): Promise<Target> {
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: directory } },
    http: { addr: `127.0.0.1:${at}` },
  };
  writeFileSync(`${directory}.json`, JSON.stringify(config));
  return answering(spawn('docker-registry', ['serve', `${directory}.json`], { stdio: 'ignore' }), at);
}

async function answering(child: ChildProcess, at: number): Promise<Target> {
  await once(child, 'spawn');
  const target = { child, port: at };
  while (
    !(await ask(target, 'GET', '/v2/').then(
      () => true,
      () => false,
    ))
  )
    if (child.exitCode !== null) throw new Error(`the registry at port ${at} ended with ${child.exitCode}`);
  return target;
}

const connections = new Agent({ keepAlive: true });

/** As docker pushes: POST, then the whole blob by PUT. */
async function pushBlob(target: Target, uploads: string, { digest, bytes }: { digest: string; bytes: Buffer }): Promise<void> {
  const location = await ask(target, 'POST', uploads, { bytes: Buffer.alloc(0) });
  const { pathname, searchParams } = new URL(location!, 'http://localhost');
  searchParams.set('digest', digest);
  await ask(target, 'PUT', `${pathname}?${searchParams.toString()}`, { bytes });
}

async function pushManifests(target: Target, repository: string, digest: string): Promise<void> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  for (const tag of ['a', 'b']) {
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: blobBytes };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], annotations: { tag } }));
    await ask(target, 'PUT', `${repository}/manifests/${tag}`, { bytes, type: mediaType });
  }
}

/** Reads into one buffer and counts: Node's HTTP clients take longer to receive a blob than the registry to send it. */
function pull({ port }: Target, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let head: string | undefined;
    let bytes = 0;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      bytes += length;
      if (head === undefined) {
        head = Buffer.from(buffer.subarray(0, length)).toString('latin1').split('\r\n\r\n')[0]!;
        bytes -= head.length + 4;
      }
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer: Buffer.alloc(1024 * 1024), callback } });
    socket.on('error', reject);
    socket.on('end', () => (bytes === blobBytes ? resolve() : reject(new Error(`pull: ${head?.split('\r\n')[0]}, ${bytes} bytes`))));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  });
}

/** Answers the Location. Throws for a status of 400 and above. */
function ask(
  target: Target,
  method: string,
  path: string,
  { bytes, type }: { bytes?: Buffer; type?: string } = {},
): Promise<string | undefined> {
  const headers = {
    accept: 'application/vnd.oci.image.manifest.v1+json',
    ...(bytes && { 'content-length': bytes.length, 'content-type': type ?? 'application/octet-stream' }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent: connections, host: '127.0.0.1', port: target.port, method, path, headers }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode! < 400) resolve(response.headers.location);
        else reject(new Error(`${method} ${path}: ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

/** Of proc(5), `stat`: utime and stime, in hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
