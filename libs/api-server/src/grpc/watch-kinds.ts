import type { EventEmitter } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { resources } from '#proto';
import { kindEntries } from '../catalog/kind-entries.ts';
import type { KindCatalog } from '../contract.ts';
import { drain } from '../nodes/drain.ts';

type KindsCall = Pick<ServerWritableStream<resources.WatchKindsRequest, resources.WatchKindsReply>, 'write'>;

/** Sends the kinds that are served until the caller goes away. */
export async function sendKinds(call: KindsCall, catalog: KindCatalog, signal: AbortSignal): Promise<void> {
  for await (const kinds of kindEntries(catalog, signal)) {
    const reply = kinds.map(({ gvk, resource, namespaced, verbs }) => ({ resource, kind: gvk.kind, namespaced, verbs: [...verbs] }));
    if (!call.write({ kinds: reply })) await drain(call as unknown as EventEmitter);
  }
}
