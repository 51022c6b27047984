import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { connectStore } from '#store';
import { silentLogger } from '#telemetry';
import type { Row } from './run.ts';
import { load } from './writes.ts';

const value = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { text: 'x'.repeat(900) } });

/** Acknowledged writes of 1 KB into a Redis of its own (append-only file, synced before each answer), without the API above. */
export async function store(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const clients of [1, 64, 256]) {
    const directory = mkdtempSync(join(tmpdir(), 'bench-redis-'));
    const socket = join(directory, 'redis.sock');
    const args = [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      directory,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ];
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...args, '--maxmemory-policy', 'noeviction'], {
      stdio: 'ignore',
    });
    try {
      const to = { url: `unix://${socket}`, cluster: 'bench', clock: systemClock, logger: silentLogger, registry: new Registry() };
      const connected = await connectStore(to);
      const write = (id: string): Promise<unknown> => connected.write([{ key: `/configmaps/default/c${id}`, expect: 'any', value }]);
      const { perSecond, p50Ms, p99Ms } = await load(clients, write);
      rows.push({
        what: `writes a second into the store, ${clients} client${clients > 1 ? 's' : ''}`,
        value: `${perSecond.toFixed(0)} (p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms)`,
      });
      await connected.close();
    } finally {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true });
    }
  }
  return rows;
}
