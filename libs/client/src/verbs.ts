import { ApiError, type KubeObject } from '#api';
import { resources } from '#objects';
import type { Api, DeleteOptions, ObjectRef, PatchType, Resource, WriteItem } from './contract.ts';

/** Carries out one write; throws its ApiError when it is refused. Answers the object when `wantObject` is set. */
async function one<T extends KubeObject>(api: Api, item: WriteItem): Promise<T | undefined> {
  const [result] = await api.writeMany([item]);
  if (!result) throw new Error('a write got no outcome');
  if (!result.ok) throw ApiError.fromStatus(result.status);
  return result.object as T | undefined;
}

/** As `one`, and the object as it is after the write: the caller needs no second read to learn its new version. */
async function oneWithObject<T extends KubeObject>(api: Api, item: WriteItem): Promise<T> {
  const object = await one<T>(api, { ...item, wantObject: true });
  if (!object) throw new Error('a write did not answer its object');
  return object;
}

const place = ({ metadata }: KubeObject): { namespace: string; name: string } => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
});

/** Creates and answers the object as stored. */
export function create<T extends KubeObject>(api: Api, resource: Resource, object: T): Promise<T> {
  return oneWithObject<T>(api, { verb: 'create', resource, namespace: object.metadata.namespace, object });
}

/** Replaces; the object's `resourceVersion`, when set, must still be current (else ApiError 409). */
export function update<T extends KubeObject>(api: Api, resource: Resource, object: T): Promise<T> {
  return oneWithObject<T>(api, { verb: 'update', resource, ...place(object), object });
}

/** Replaces the status alone: whatever else differs in `object` is ignored by the server. Throws ApiError, 409 as `update`. */
export function updateStatus<T extends KubeObject>(api: Api, resource: Resource, object: T): Promise<T> {
  return oneWithObject<T>(api, { verb: 'update', resource, subresource: 'status', ...place(object), object });
}

/**
 * Patches and answers the result. A merge patch unless told otherwise: lists in it replace those that are there (RFC 7386 §2). Throws
 * ApiError.
 */
export function patch<T extends KubeObject>(
  api: Api,
  ref: ObjectRef,
  body: unknown,
  { patchType = 'application/merge-patch+json', subresource }: { patchType?: PatchType; subresource?: string } = {},
): Promise<T> {
  return oneWithObject<T>(api, { verb: 'patch', ...ref, subresource, patchType, patch: body });
}

/** Deletes; what is gone already is no error. With a uid, an object of the same name that came after it is left alone. */
export async function remove(api: Api, ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
  try {
    await one(api, { verb: 'delete', ...ref, options });
  } catch (err) {
    if (!(err instanceof ApiError && err.code === 404)) throw err;
  }
}

/** Binds a pod to a node: core/v1 Binding. The uid makes sure that it is the pod that was meant. */
export function bindItem(pod: KubeObject, node: string): WriteItem {
  const { namespace, name } = place(pod);
  const target = { apiVersion: 'v1', kind: 'Node', name: node };
  const object = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid: pod.metadata.uid }, target };
  return { verb: 'create', resource: resources.pods, subresource: 'binding', namespace, name, object };
}

/** Throws ApiError 409 when the pod has a node already, or is another than was meant. */
export async function bind(api: Api, pod: KubeObject, node: string): Promise<void> {
  await one(api, bindItem(pod, node));
}
