import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { runCommand } from '#base';
import { isInstalled, percentile } from './api.ts';

/** `run -d --network none` of a small image with podman, where it is installed. */
export async function podmanRun(rounds: number): Promise<{ name: string; p50Ms: number } | undefined> {
  if (!(await isInstalled('podman'))) return undefined;
  const root = mkdtempSync(join(tmpdir(), 'bench-podman-'));
  // crun refuses hybrid hierarchies of cgroups, which podman gives it as they are
  const runtime = ['--cgroup-manager', 'cgroupfs', ...((await isInstalled('runc')) ? ['--runtime', 'runc'] : [])];
  const store = ['--root', join(root, 'root'), '--runroot', join(root, 'run'), ...runtime];
  const podman = (...args: string[]) => runCommand(['podman', ...store, ...args]);
  try {
    const rootfs = join(root, 'fs');
    await runCommand(['install', '-D', '/bin/busybox', join(rootfs, 'bin/sleep')]);
    await runCommand(['tar', '-C', rootfs, '-cf', join(root, 'fs.tar'), '.']);
    await podman('import', join(root, 'fs.tar'), 'bench');
    // Its own defaults are above the hard limits of a machine that is itself a sandbox.
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const before = performance.now();
      const { code, stderr } = await podman('run', '-d', '--network', 'none', ...limits, '--name', `b${i}`, 'bench', '/bin/sleep', '1000');
      if (code !== 0) throw new Error(`podman: ${stderr}`);
      times.push(performance.now() - before);
      await podman('rm', '-f', '-t', '0', `b${i}`);
    }
    return { name: 'podman run -d --network none', p50Ms: percentile(times, 50) };
  } finally {
    await runCommand(['umount', '-l', join(root, 'root/overlay')]); // podman keeps its own store mounted
    await runCommand(['rm', '-rf', root]); // and for a moment longer elsewhere: what is busy stays
  }
}

/** A field of bytes: etcdserverpb.PutRequest is `bytes key = 1; bytes value = 2`. */
function bytesField(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  for (let n = bytes.length; ; n >>>= 7) {
    length.push(n > 0x7f ? (n & 0x7f) | 0x80 : n);
    if (n <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

const put = {
  path: '/etcdserverpb.KV/Put',
  requestStream: false,
  responseStream: false,
  requestSerialize: ({ key, value }: { key: string; value: string }) => Buffer.concat([bytesField(1, key), bytesField(2, value)]),
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};

/** Debian's etcd (package etcd-server) on loopback with its default durability, where it is installed. */
export async function startEtcd(): Promise<{ put(key: string, value: string): Promise<void>; stop(): Promise<void> } | undefined> {
  if (!(await isInstalled('etcd'))) return undefined;
  const data = mkdtempSync(join(tmpdir(), 'bench-etcd-'));
  const [client, peer] = ['http://127.0.0.1:23790', 'http://127.0.0.1:23800'];
  const args = ['--data-dir', data, '--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer];
  const child = spawn(
    'etcd',
    [...args, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`, '--log-level', 'error'],
    { stdio: 'ignore' },
  );
  const Client = makeGenericClientConstructor({ put }, 'KV');
  const kv = new Client('127.0.0.1:23790', credentials.createInsecure());
  const call = (key: string, value: string): Promise<void> =>
    new Promise((resolve, reject) =>
      kv.put!({ key, value }, { deadline: Date.now() + 20_000 }, (err: Error | null) => (err ? reject(err) : resolve())),
    );
  await new Promise<void>((resolve, reject) => kv.waitForReady(Date.now() + 20_000, (err) => (err ? reject(err) : resolve())));
  await call('warm', 'up');
  return {
    put: call,
    stop: async () => {
      kv.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}
