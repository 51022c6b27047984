import { type ClientReadableStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type KubeObject, serviceUnavailable } from '#api';
import { type Clock, parseExact, systemClock } from '#base';
import { resources as wire } from '#proto';
import type { Logger } from '#telemetry';
import type { Api, KindEntry, KindSource, ListQuery, ObjectRef, RawReader, WatchEvent, WriteItem, WriteResult } from '../contract.ts';
import { Connections, type Identity } from './connections.ts';
import { toApiError } from './errors.ts';
import { decodeEvent, decodeKind, decodeObject, decodeResult, encodeItem } from './wire.ts';

export interface GrpcApiOptions extends Identity {
  /** `host:port` of every api-server. */
  servers: readonly string[];
  logger: Logger;
  clock?: Clock;
  /** Bound of one read or write. */
  timeoutMs?: number;
  /** How long a call waits for a connection before it fails with 503. */
  connectTimeoutMs?: number;
}

/** At most this much goes into one WriteMany: the api-server's limits. */
const maxItems = 256;
const maxBytes = 3 * 1024 * 1024;

/** The `Resources` service over mutual TLS. Reads are tried once more on another connection when one breaks; writes are not. */
export function grpcApi(options: GrpcApiOptions): Api & KindSource & RawReader & { close(): void } {
  return new GrpcApi(options);
}

type Unary<Q, S> = (
  request: Q,
  metadata: Metadata,
  options: { deadline: Date },
  callback: (err: ServiceError | null, reply: S) => void,
) => unknown;

class GrpcApi implements Api, KindSource, RawReader {
  private readonly connections: Connections;
  private readonly clock: Clock;
  private readonly timeoutMs: number;
  private readonly connectTimeoutMs: number;

  constructor(private readonly options: GrpcApiOptions) {
    this.clock = options.clock ?? systemClock;
    this.timeoutMs = options.timeoutMs ?? 30_000;
    this.connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
    this.connections = new Connections(options.servers, options, this.clock);
  }

  async get<T extends KubeObject>({ resource, namespace = '', name }: ObjectRef): Promise<T> {
    const reply = await this.ask<wire.GetRequest, wire.ObjectReply>((c) => c.get.bind(c), { resource, namespace, name });
    return decodeObject<T>(reply.object);
  }

  async list<T extends KubeObject>(query: ListQuery): Promise<{ items: T[]; resourceVersion: string }> {
    const reply = await this.ask<wire.ListRequest, wire.ListReply>((c) => c.list.bind(c), fullQuery(query));
    return { items: reply.objects.map((bytes) => decodeObject<T>(bytes)), resourceVersion: reply.resourceVersion };
  }

  async read<T>(path: string): Promise<T> {
    const { body } = await this.ask<wire.ReadRequest, wire.ReadReply>((c) => c.read.bind(c), { path });
    return parseExact(body.toString()) as T;
  }

  watch<T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal): AsyncIterable<WatchEvent<T>[]> {
    const request = { ...fullQuery(query), resourceVersion: query.resourceVersion ?? '' };
    const decode = ({ events }: wire.WatchReply): WatchEvent<T>[] => events.map((event) => decodeEvent<T>(event));
    return this.stream((client) => client.watch(request), decode, signal);
  }

  kinds(signal: AbortSignal): AsyncIterable<KindEntry[]> {
    const decode = ({ kinds }: wire.WatchKindsReply): KindEntry[] => kinds.map(decodeKind);
    return this.stream((client) => client.watchKinds({}), decode, signal);
  }

  private async *stream<R, T>(
    begin: (client: wire.ResourcesClient) => ClientReadableStream<R>,
    decode: (reply: R) => T,
    signal: AbortSignal,
  ): AsyncGenerator<T> {
    const client = await this.connections.connected(this.connectTimeoutMs);
    if (signal.aborted) return;
    const call = begin(client);
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    // Read in flowing mode: a paused stream would hold back the window that all calls of the connection share.
    const arrived: T[] = [];
    let end: unknown;
    let wake: () => void = () => undefined;
    const finish = (why: unknown): void => {
      end ??= why;
      wake();
    };
    call.on('data', (reply: R) => {
      arrived.push(decode(reply));
      wake();
    });
    call.on('error', finish);
    call.on('end', () => finish(serviceUnavailable('the server ended the watch')));
    try {
      while (!signal.aborted) {
        const batch = arrived.shift();
        if (batch) yield batch;
        else if (end) throw toApiError(end);
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } catch (err) {
      if (!signal.aborted) throw err;
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  async writeMany(items: readonly WriteItem[]): Promise<WriteResult[]> {
    const results: WriteResult[] = [];
    for (const batch of batchesOf(items.map(encodeItem))) {
      const client = await this.connections.connected(this.connectTimeoutMs);
      const reply = await this.call<wire.WriteManyRequest, wire.WriteManyReply>(client.writeMany.bind(client), { items: batch });
      for (const result of reply.results) results.push(decodeResult(result));
    }
    return results;
  }

  close(): void {
    this.connections.close();
  }

  private async ask<Q, S>(method: (client: wire.ResourcesClient) => Unary<Q, S>, request: Q): Promise<S> {
    const client = await this.connections.connected(this.connectTimeoutMs);
    try {
      return await this.call(method(client), request);
    } catch (err) {
      const error = toApiError(err);
      if (error.code !== 503) throw error;
      this.options.logger.debug({ err: error }, 'read failed, trying another connection');
      return this.call(method(await this.connections.connected(this.connectTimeoutMs)), request);
    }
  }

  private call<Q, S>(method: Unary<Q, S>, request: Q): Promise<S> {
    const deadline = new Date(this.clock.now().getTime() + this.timeoutMs);
    return new Promise((resolve, reject) => {
      method(request, new Metadata(), { deadline }, (err, reply) => (err ? reject(toApiError(err)) : resolve(reply)));
    });
  }
}

function fullQuery({ resource, namespace = '', labelSelector = '', fieldSelector = '' }: ListQuery): wire.ListRequest {
  return { resource, namespace, labelSelector, fieldSelector };
}

function* batchesOf(items: readonly wire.WriteItem[]): Iterable<wire.WriteItem[]> {
  let batch: wire.WriteItem[] = [];
  let bytes = 0;
  for (const item of items) {
    if (batch.length === maxItems || (batch.length > 0 && bytes + item.body.length > maxBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.body.length;
  }
  if (batch.length > 0) yield batch;
}
