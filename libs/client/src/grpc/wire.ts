import { parseExact } from '#base';
import type { KubeObject, Status } from '#api';
import { resources as wire } from '#proto';
import type { KindEntry, WatchEvent, WriteItem, WriteResult } from '../contract.ts';

const none = Buffer.alloc(0);
const verbs = {
  create: wire.WriteItem_Verb.VERB_CREATE,
  update: wire.WriteItem_Verb.VERB_UPDATE,
  patch: wire.WriteItem_Verb.VERB_PATCH,
  delete: wire.WriteItem_Verb.VERB_DELETE,
} as const;

/** A write as the wire has it: absent texts are '', an absent body has no bytes, since proto3 knows no absence. */
export function encodeItem(item: WriteItem): wire.WriteItem {
  const body = item.verb === 'patch' ? item.patch : item.verb === 'delete' ? item.options : item.object;
  return {
    verb: verbs[item.verb],
    resource: item.resource,
    subresource: item.subresource ?? '',
    namespace: item.namespace ?? '',
    name: item.name ?? '',
    body: body === undefined ? none : Buffer.from(JSON.stringify(body)),
    patchType: item.verb === 'patch' ? item.patchType : '',
    fieldManager: item.fieldManager ?? '',
    force: item.verb === 'patch' && item.force === true,
    wantObject: item.wantObject === true,
  };
}

/** A status on the wire means refusal; success carries none. */
export function decodeResult(result: wire.WriteResult): WriteResult {
  if (result.status.length > 0) return { ok: false, status: JSON.parse(result.status.toString()) as Status };
  const { uid, resourceVersion, object } = result;
  return { ok: true, uid, resourceVersion, ...(object.length > 0 && { object: decodeObject(object) }) };
}

/** The names that discovery would tell of it. */
export function decodeKind({ resource, kind, namespaced, verbs: served }: wire.Kind): KindEntry {
  const { group = '', version = '' } = resource ?? {};
  return { gvk: { group, version, kind }, resource: { group, version, resource: resource?.resource ?? '' }, namespaced, verbs: served };
}

/** The bytes are the API's JSON, numbers as exact as they were written. */
export function decodeObject<T extends KubeObject>(bytes: Buffer): T {
  return parseExact(bytes.toString()) as T;
}

/** Throws for a type that this build does not know: passing over it would lose a change. */
export function decodeEvent<T extends KubeObject>(event: wire.WatchEvent): WatchEvent<T> {
  switch (event.type) {
    case wire.WatchEvent_Type.TYPE_ADDED:
      return { type: 'added', object: decodeObject(event.object) };
    case wire.WatchEvent_Type.TYPE_MODIFIED:
      return { type: 'modified', object: decodeObject(event.object) };
    case wire.WatchEvent_Type.TYPE_DELETED:
      return { type: 'deleted', object: decodeObject(event.object) };
    case wire.WatchEvent_Type.TYPE_BOOKMARK:
      return { type: 'bookmark', resourceVersion: event.resourceVersion };
    default:
      throw new Error(`unknown type of watch event: ${event.type}`);
  }
}
