import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { storeMetrics } from '../metrics.ts';
import { RedisServer } from '../testing/redis-server.ts';
import { CommandConnection, type Connection, openReader, optionsOf } from './connection.ts';
import { RedisStore } from './redis-store.ts';

/** The exact commands that each call of the store sends: a change of the traffic, or of the scripts, shows in review as a change of this file. */
const golden = join(import.meta.dirname, 'golden', 'commands.txt');

const line = (command: string, args: readonly (string | number)[]): string =>
  [command, ...args].map((arg) => (/[\s"]/.test(String(arg)) || arg === '' ? JSON.stringify(String(arg)) : String(arg))).join(' ');

describe('commands sent to Redis', () => {
  it('are those of the golden file', async () => {
    const server = await RedisServer.start();
    const lines: string[] = [];
    const record = (name: string, inner: Connection): Connection => ({
      send: (command, args) => {
        lines.push(`  ${name} ${line(command, args)}`);
        return inner.send(command, args);
      },
      close: () => inner.close(),
    });
    try {
      const clock = new ManualClock();
      const options = optionsOf(server);
      const commands = new CommandConnection(options, clock, silentLogger);
      lines.push('start (expiry, every second):');
      const store = new RedisStore({
        commands: record('>', commands),
        openReader: async (blockMs) => record('log>', await openReader(options, blockMs)),
        cluster: 'golden',
        clock,
        logger: silentLogger,
        metrics: storeMetrics(new Registry()),
      });
      const step = async <T>(name: string, task: () => Promise<T>): Promise<T> => {
        lines.push(`${name}:`);
        const answer = await task();
        lines.push(`  = ${JSON.stringify(answer instanceof Map ? [...answer] : answer)}`);
        return answer;
      };
      while (lines.length < 3) await commands.send('PING', []); // not recorded: the first round of expiry is under way
      const key = '/pods/default/a';
      const value = '{"kind":"Pod"}';
      await step('create, first use of the script', () => store.write([{ key, expect: 'absent', value, claims: ['ip/10.0.0.1'] }]));
      await step('a batch: update with an end, delete of nothing', () =>
        store.write([
          { key, expect: 1, value, ttlSeconds: 60 },
          { key: '/pods/default/b', expect: 'any', value: undefined },
        ]),
      );
      await step('two callers in one turn share a call', () =>
        Promise.all([store.write([{ key, expect: 'absent', value }]), store.write([{ key: '/nodes//n', expect: 'any', value }])]),
      );
      await step('get', () => store.get(key));
      await step('list', () => store.list('/pods/'));
      await step('list all', () => store.list(''));
      await step('claims', () => store.claims('ip/'));
      await step('revision, asked twice in one turn', () => Promise.all([store.revision(), store.revision()]));
      await step('changes', async () => {
        for await (const batch of store.changes(1, new AbortController().signal)) return batch;
        return undefined;
      });
      await store.close();
      const text = `${lines.join('\n').replaceAll(/^(\s+> EVAL )"(?:[^"\\]|\\.)*"/gm, '$1<source>')}\n`;
      if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, text);
      expect(text).toBe(readFileSync(golden, 'utf8'));
    } finally {
      await server.stop();
    }
  });
});
