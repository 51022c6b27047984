import type { EventEmitter } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { resources } from '#proto';
import { drain } from '../nodes/drain.ts';
import type { ResourceService, ServedEvent, WatchRequest } from '../contract.ts';

const types = {
  ADDED: resources.WatchEvent_Type.TYPE_ADDED,
  MODIFIED: resources.WatchEvent_Type.TYPE_MODIFIED,
  DELETED: resources.WatchEvent_Type.TYPE_DELETED,
  BOOKMARK: resources.WatchEvent_Type.TYPE_BOOKMARK,
} as const;

const maxEvents = 256;
const maxReplyBytes = 1 << 20;
/** A watcher that is further behind is cut: it holds the memory of all others. */
const maxPendingBytes = 8 << 20;

type WatchCall = Pick<ServerWritableStream<resources.WatchRequest, resources.WatchReply>, 'write' | 'once' | 'on' | 'off' | 'emit'>;

/** Sends events until the caller goes away or the watch ends; waits whenever the caller's window is full. Throws ApiError. */
export async function sendWatch(call: WatchCall, service: ResourceService, request: WatchRequest, signal: AbortSignal): Promise<void> {
  if (request.resourceVersion) await send(call, [bookmark(request.resourceVersion)], signal);
  const events = service.watch(
    {
      ...request,
      allowWatchBookmarks: true,
      maxPendingBytes,
      ...(!request.resourceVersion && { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
    },
    signal,
  );
  for await (const batch of events) {
    for (const part of parts(batch)) await send(call, part, signal);
    if (signal.aborted) return;
  }
}

async function send(call: WatchCall, events: resources.WatchEvent[], signal: AbortSignal): Promise<void> {
  if (!signal.aborted && !call.write({ events })) await drain(call as unknown as EventEmitter);
}

/** Cuts a batch into replies of a bounded number of events and bytes. */
function* parts(batch: readonly ServedEvent[]): Generator<resources.WatchEvent[]> {
  let part: resources.WatchEvent[] = [];
  let bytes = 0;
  for (const event of batch) {
    const sent = event.type === 'BOOKMARK' ? bookmark(event.resourceVersion) : objectEvent(event);
    if (part.length > 0 && (part.length >= maxEvents || bytes + sent.object.length > maxReplyBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(sent);
    bytes += sent.object.length;
  }
  if (part.length > 0) yield part;
}

const noObject = Buffer.alloc(0);
const bookmark = (resourceVersion: string): resources.WatchEvent => ({ type: types.BOOKMARK, object: noObject, resourceVersion });

function objectEvent({ type, served }: Exclude<ServedEvent, { type: 'BOOKMARK' }>): resources.WatchEvent {
  return { type: types[type], object: served.bytes, resourceVersion: String(served.revision) };
}
