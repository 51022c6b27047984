import type { Registry } from 'prom-client';
import type { Clock } from '#base';
import type { Logger } from '#telemetry';
import { type Store, StoreError } from '../contract.ts';
import { storeMetrics } from '../metrics.ts';
import { asStoreError, CommandConnection, openReader, optionsOf, type RedisAddress } from './connection.ts';
import { RedisStore } from './redis-store.ts';

export interface ConnectStoreOptions extends RedisAddress {
  /** Names the keys of this cluster within its Redis. */
  cluster: string;
  clock: Clock;
  logger: Logger;
  registry: Registry;
  /** Changes that the log keeps, approximately; 50,000 unless told otherwise. */
  window?: number;
}

/**
 * Connects to Redis and waits until it answers. Throws `StoreError` 'unavailable' when it does not within 5 s. Warns when this Redis
 * would not keep the promise that an answered write survives the death of every process.
 */
export async function connectStore({ cluster, clock, logger, registry, window, ...address }: ConnectStoreOptions): Promise<Store> {
  const options = optionsOf(address);
  const commands = new CommandConnection(options, clock, logger);
  try {
    await commands.ready();
    await warnUnlessDurable(commands, logger);
  } catch (err) {
    commands.close();
    throw asStoreError(err, 'connecting');
  }
  return new RedisStore({
    commands,
    openReader: (blockMs) => openReader(options, blockMs),
    cluster,
    clock,
    logger,
    metrics: storeMetrics(registry),
    ...(window !== undefined && { window }),
  });
}

async function warnUnlessDurable(commands: CommandConnection, logger: Logger): Promise<void> {
  const wanted = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };
  let answer: string[];
  try {
    answer = (await commands.send('CONFIG', ['GET', 'appendonly', 'appendfsync', 'maxmemory-policy'])) as string[];
  } catch (err) {
    if (err instanceof StoreError) throw err;
    logger.warn({ err }, 'redis does not show its configuration: whether writes are durable is not known');
    return;
  }
  for (const [name, value] of Object.entries(wanted)) {
    const found = answer[answer.indexOf(name) + 1];
    if (found !== value) logger.warn({ setting: name, found, wanted: value }, 'redis is not configured to keep every answered write');
  }
}
