import { readFileSync } from 'node:fs';
import { Redis, type RedisOptions } from 'ioredis';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import { StoreError } from '../contract.ts';
import type { Script } from './scripts.ts';

/** The one thing the store needs of a Redis client: send a command, get its answer. */
export interface Connection {
  send(command: string, args: readonly (string | number)[]): Promise<unknown>;
  close(): void;
}

/** Where Redis is, and how to get in. A password in a `redis:` URL goes before the file's. */
export interface RedisAddress {
  /** `unix:///path`, `redis://host:port`, `rediss://host:port`, or `redis+sentinel://host:port,host:port/<name of the primary>`. */
  url: string;
  passwordFile?: string;
}

/** How long a command may wait for its answer, and for a connection, before the caller is told 'unavailable'. */
const ANSWER_MS = 10_000;
const CONNECT_MS = 5_000;

/** The client's options for an address. Throws an Error for a URL of another scheme, and when the password file cannot be read. */
export function optionsOf({ url, passwordFile }: RedisAddress): RedisOptions {
  const password = passwordFile === undefined ? undefined : readFileSync(passwordFile, 'utf8').trim();
  const common: RedisOptions = { ...(password && { password }) };
  if (url.startsWith('unix://')) return { ...common, path: url.slice('unix://'.length) };
  if (url.startsWith('redis+sentinel://')) {
    const [hosts = '', name] = url.slice('redis+sentinel://'.length).split('/');
    const sentinels = hosts.split(',').map((host) => new URL(`redis://${host}`));
    return { ...common, name: name || 'berth', sentinels: sentinels.map((s) => ({ host: s.hostname, port: Number(s.port || 26379) })) };
  }
  const { protocol, hostname, port, username, password: inUrl, pathname } = new URL(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw new Error(`not a Redis URL: ${url}`);
  return {
    ...common,
    host: hostname,
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username && { username: decodeURIComponent(username) }),
    ...(inUrl && { password: decodeURIComponent(inUrl) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

/**
 * A connection for commands. It comes back by itself after a loss. What was sent and not answered by then fails, and is never sent
 * again: it may have happened. What has not been sent waits a bounded time for the connection.
 */
export class CommandConnection implements Connection {
  private readonly client: Redis;

  constructor(
    options: RedisOptions,
    private readonly clock: Clock,
    logger: Logger,
  ) {
    this.client = new Redis({
      ...options,
      ...strict,
      connectionName: 'berth-commands',
      socketTimeout: ANSWER_MS,
      retryStrategy: (times) => Math.min(25 * times, 1_000),
    });
    this.client.on('error', (err: Error) => logger.warn({ err }, 'redis connection'));
  }

  /** Waits for the connection up to CONNECT_MS, then for the answer. A command that was sent is not repeated: see above. */
  async send(command: string, args: readonly (string | number)[]): Promise<unknown> {
    if (this.client.status !== 'ready') await this.ready();
    return this.client.call(command, ...args);
  }

  ready(): Promise<void> {
    const { client } = this;
    if (client.status === 'ready') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void) => (): void => {
        cancel();
        client.off('ready', onReady);
        client.off('end', onEnd);
        settled();
      };
      const onReady = settle(resolve);
      const onEnd = settle(() => reject(new StoreError('unavailable', 'the connection to Redis is closed')));
      const onTimeout = settle(() => reject(new StoreError('unavailable', `no connection to Redis within ${CONNECT_MS} ms`)));
      const cancel = this.clock.after(CONNECT_MS, onTimeout);
      client.once('ready', onReady);
      client.once('end', onEnd);
      if (client.status === 'end') onEnd();
    });
  }

  close(): void {
    this.client.disconnect();
  }
}

/** A connection for one reader that blocks. It is not mended: the reader begins again where it was. */
export async function openReader(options: RedisOptions, blockMs: number): Promise<Connection> {
  const client = new Redis({
    ...options,
    ...strict,
    connectionName: 'berth-log',
    lazyConnect: true,
    socketTimeout: blockMs + ANSWER_MS,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined); // the call that fails carries it
  await client.connect();
  return { send: (command, args) => client.call(command, ...args), close: () => client.disconnect() };
}

/**  */
const strict = {
  protocol: 2,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  disableClientInfo: true,
} as const satisfies RedisOptions;

/** Runs a script by its digest; sends its source when Redis does not have it (after a restart or a fail-over). */
export async function runScript(
  connection: Connection,
  { sha, source }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await connection.send('EVALSHA', [sha, keys.length, ...keys, ...args]);
  } catch (err) {
    if (!(err instanceof Error) || !err.message.startsWith('NOSCRIPT')) throw err;
    return connection.send('EVAL', [source, keys.length, ...keys, ...args]);
  }
}

/**
 * Whatever else Redis or the network says is 'unavailable': it is not known whether the command was carried out, and callers must treat it
 * so.
 */
export function asStoreError(err: unknown, operation: string): StoreError {
  if (err instanceof StoreError) return err;
  return new StoreError('unavailable', `${operation}: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
}
