import { apiVersionOf, type KubeObject, protobufMediaType, tooManyRequests } from '#api';
import type { Clock, Random } from '#base';
import type { HttpAnswer, HttpSink, ResourceService, ServedEvent, ServedKind } from '../contract.ts';
import type { ServerMetrics } from '../metrics.ts';
import { statusOf } from '../errors/status-of.ts';
import type { Format } from '../request/negotiate.ts';
import { partialMetadata } from '../table/partial-metadata.ts';
import { includeObject, tableOf } from '../table/table.ts';
import { listOptions } from './options.ts';
import type { ProtobufAnswers } from './protobuf.ts';
import type { Route } from './route.ts';

/** Upstream's `--min-request-timeout`: a watch without a time limit ends after a random time between this and twice this. */
const MIN_TIMEOUT_SECONDS = 1800;
/** How long a reader whose connection is full may take nothing. */
const MAX_STALL_MS = 30_000;

/** What serves a watch; `random` spreads the ends of watches that set no time limit. */
export interface WatchTools {
  service: ResourceService;
  metrics: ServerMetrics;
  clock: Clock;
  random: Random;
}

/** GET with `watch=1`: one JSON line or one protobuf frame an event, for as long as both sides want. */
export async function watch(tools: WatchTools, { kind, admitted, format }: Route): Promise<HttpAnswer> {
  const { info, user, query } = admitted;
  if (format.as === 'Table') includeObject(query);
  const options = listOptions(query);
  const timeoutSeconds = options.timeoutSeconds || MIN_TIMEOUT_SECONDS + tools.random.below(MIN_TIMEOUT_SECONDS);
  const named = info.legacyWatch && info.name ? { fieldSelector: `metadata.name=${info.name}` } : {};
  const request = { user, resource: kind.resource, namespace: info.namespace, ...options, ...named, timeoutSeconds };
  const ended = new AbortController();
  const events = tools.service.watch(request, AbortSignal.any([admitted.call.signal, ended.signal]))[Symbol.asyncIterator]();
  // What is wrong with the request is answered as a Status of its own; what comes later is an event.
  const first = await settled(events.next());
  if ('failure' in first && statusOf(first.failure).code !== 410) throw first.failure;
  const frame = frameIn(format, admitted.protobuf);
  const encode = encoder(tools, kind, { format, query, frame });
  return {
    status: 200,
    headers: {
      'content-type': isProtobuf(format) ? `${protobufMediaType};stream=watch` : 'application/json',
      'cache-control': 'no-cache, private',
    },
    body: async (sink) => {
      const stop = (): void => ended.abort();
      if (sink.signal.aborted) stop();
      sink.signal.addEventListener('abort', stop, { once: true });
      const gauge = tools.metrics.registeredWatchers.labels(kind.gvk.group, kind.gvk.version, kind.gvk.kind);
      gauge.inc();
      try {
        await send(first, events, { sink, encode, frame, clock: tools.clock });
      } finally {
        gauge.dec();
        sink.signal.removeEventListener('abort', stop);
        ended.abort();
        await events.return?.();
      }
    },
  };
}

type Next = { result: IteratorResult<readonly ServedEvent[]> } | { failure: unknown };
type Encode = (batch: readonly ServedEvent[]) => Buffer;
type Frame = (type: string, object: unknown) => Buffer;

const isProtobuf = ({ mediaType }: Format): boolean => mediaType === protobufMediaType;
const jsonLine: Frame = (type, object) => Buffer.from(`${JSON.stringify({ type, object })}\n`);
const frameIn = (format: Format, protobuf: ProtobufAnswers): Frame =>
  isProtobuf(format) ? (type, object) => protobuf.frame(type, object) : jsonLine;

const settled = (next: Promise<IteratorResult<readonly ServedEvent[]>>): Promise<Next> =>
  next.then(
    (result) => ({ result }),
    (failure: unknown) => ({ failure }),
  );

/** Writes batches as they come. What goes wrong after the head is out is an ERROR event with a Status, and the end. */
async function send(
  first: Next,
  events: AsyncIterator<readonly ServedEvent[]>,
  { sink, encode, frame, clock }: { sink: HttpSink; encode: Encode; frame: Frame; clock: Clock },
): Promise<void> {
  for (let next = first; ; next = await settled(events.next())) {
    if ('failure' in next) {
      sink.write(frame('ERROR', statusOf(next.failure)));
      return;
    }
    if (next.result.done) return;
    const batch = next.result.value;
    if (batch.length > 0 && !sink.write(encode(batch))) await drainedInTime(sink, clock);
  }
}

/** Throws, which cuts the connection, when the reader takes nothing for too long: it holds memory that others need. */
async function drainedInTime(sink: HttpSink, clock: Clock): Promise<void> {
  const ended = new AbortController();
  const late = clock.sleep(MAX_STALL_MS, ended.signal).then(
    () => true,
    () => false,
  );
  const stalled = await Promise.race([sink.drained().then(() => false), late]);
  ended.abort();
  if (stalled) throw tooManyRequests('the watcher took nothing for too long', 1);
}

/**
 * Makes the bytes of a batch. JSON of whole objects is made once for all watchers; tables and metadata are made for each. Only the first
 * table of a watch names the columns, as upstream.
 */
function encoder(
  tools: WatchTools,
  kind: ServedKind,
  { format, query, frame }: { format: Format; query: URLSearchParams; frame: Frame },
): Encode {
  const counter = tools.metrics.watchEvents.labels(kind.gvk.group, kind.gvk.version, kind.gvk.kind);
  let withoutColumns = false;
  const line = (event: ServedEvent): Buffer => {
    if (event.type !== 'BOOKMARK' && format.as === 'object' && frame === jsonLine) return event.line();
    const object = event.type === 'BOOKMARK' ? bookmark(kind, event) : event.served.object;
    const shown = (): unknown => {
      if (format.as === 'object') return object;
      if (format.as !== 'Table') return partialMetadata(object, format);
      const items = event.type === 'BOOKMARK' ? [] : [event.served];
      const table = tableOf(kind, items, { admitted: { query }, format, now: tools.clock.now(), list: object.metadata, withoutColumns });
      withoutColumns = true;
      return event.type === 'BOOKMARK' ? { ...(table as object), rows: [bookmarkRow(object, format)] } : table;
    };
    return frame(event.type, shown());
  };
  return (batch) => {
    counter.inc(batch.length);
    return batch.length === 1 ? line(batch[0]!) : Buffer.concat(batch.map(line));
  };
}

/** A row without cells whose object carries the version and, at the end of the initial events, the mark. */
const bookmarkRow = (object: KubeObject, format: Format): unknown => ({ cells: [], object: partialMetadata(object, format) });

/** An object of the watched kind that has a version and nothing else; KEP-3157 marks the end of the initial events. */
function bookmark(kind: ServedKind, event: Extract<ServedEvent, { type: 'BOOKMARK' }>): KubeObject {
  return {
    kind: kind.gvk.kind,
    apiVersion: apiVersionOf(kind.gvk),
    metadata: {
      resourceVersion: event.resourceVersion,
      ...(event.initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
    },
  };
}
