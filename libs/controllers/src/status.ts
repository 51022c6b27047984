import { ApiError, type KubeObject } from '#api';
import type { Api, Resource, WriteItem } from '#client';

/**
 * Writes a whole new status as a merge patch: fields that the new one lacks are taken away. Bound to the object's uid, not to its
 * resourceVersion, since this controller is the only writer of the status and others write the rest meanwhile.
 */
export function statusItem(resource: Resource, object: KubeObject & { status?: object }, status: object): WriteItem {
  const { namespace, name = '', uid } = object.metadata;
  const gone = Object.fromEntries(
    Object.keys(object.status ?? {})
      .filter((key) => !(key in status))
      .map((key) => [key, null]),
  );
  return {
    verb: 'patch',
    resource,
    subresource: 'status',
    namespace,
    name,
    patchType: 'application/merge-patch+json',
    patch: { metadata: { uid }, status: { ...gone, ...status } },
  };
}

/** Carries out one write; an object that is gone needs none any more. Throws ApiError. */
export async function write(api: Api, item: WriteItem): Promise<void> {
  const [result] = await api.writeMany([item]);
  if (result && !result.ok && result.status.code !== 404) throw ApiError.fromStatus(result.status);
}

/** Creates what belongs into every namespace; that it is there already, or that the namespace is going away, is no failure. */
export async function createOnce(api: Api, resource: Resource, object: KubeObject): Promise<void> {
  const [result] = await api.writeMany([{ verb: 'create', resource, namespace: object.metadata.namespace, object }]);
  if (!result || result.ok || result.status.reason === 'AlreadyExists') return;
  if (result.status.code === 404 || result.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) return;
  throw ApiError.fromStatus(result.status);
}
