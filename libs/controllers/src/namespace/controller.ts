import { ApiError, type KindName } from '#api';
import type { Namespace } from '#api/types';
import { type Api, type Resource, resourceKey, type WriteItem } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { statusItem, write } from '../status.ts';
import { type Action, contentFinalizer, reconcile, type Remaining, type Seen } from './reconcile.ts';

/** Empties a namespace that is being deleted, pods first, then lets it go. */
export function namespaceController(): Controller<Seen, Action> {
  /** What could not be deleted, by namespace and resource, until it can. */
  const failures = new Map<string, Map<string, string>>();
  return {
    name: 'namespace-controller',
    queueName: 'namespace',
    primary: resources.namespaces,
    watches: [
      {
        resource: resources.pods,
        wakes: ({ deleted }) => deleted,
        enqueue: ({ metadata: { namespace = '' } }, caches) => {
          const going = caches.informer<Namespace>({ resource: resources.namespaces }).get('', namespace)?.metadata.deletionTimestamp;
          return going ? [{ namespace: '', name: namespace }] : [];
        },
      },
    ],
    async observe({ name }, caches, api) {
      const namespace = caches.informer<Namespace>({ resource: resources.namespaces }).get('', name);
      if (!namespace) failures.delete(name);
      if (!namespace?.metadata.deletionTimestamp || !namespace.spec.finalizers?.includes(contentFinalizer)) return undefined;
      const kinds = (await caches.servedNow()).filter(({ namespaced }) => namespaced);
      const read = (some: readonly KindName[]): Promise<Remaining[]> =>
        Promise.all(
          some.map(({ resource }) => remaining(api, name, { resource, failure: failures.get(name)?.get(resourceKey(resource)) })),
        );
      const pods = await read(kinds.filter(isPod));
      const isFreeOfPods = pods.every(({ objects, failure }) => objects.length === 0 && !failure);
      return { namespace, content: isFreeOfPods ? [...pods, ...(await read(kinds.filter((kind) => !isPod(kind))))] : pods };
    },
    reconcile,
    act: {
      async deleteContent({ namespace, content }, io) {
        const { name = '' } = namespace.metadata;
        const failed = new Map<string, string>();
        await Promise.all(
          content.map(({ resource, objects }) =>
            deleteAll(io.api, resource, objects).catch((err: unknown) =>
              failed.set(resourceKey(resource), failureText(name, resource, err)),
            ),
          ),
        );
        failures.set(name, failed);
        if (failed.size > 0) throw new Error(`could not empty namespace ${name}: ${[...failed.values()].join(', ')}`);
      },
      updateStatus: ({ namespace, status }, io) => write(io.api, statusItem(resources.namespaces, namespace, status)),
      async finalize({ namespace: { metadata } }, { api }) {
        const { name = '' } = metadata;
        const present = await api.get<Namespace>({ resource: resources.namespaces, name });
        const finalizers = (present.spec.finalizers ?? []).filter((finalizer) => finalizer !== contentFinalizer);
        const object: Namespace = { ...present, spec: { ...present.spec, finalizers } };
        await write(api, { verb: 'update', resource: resources.namespaces, subresource: 'finalize', name, object });
      },
    },
  };
}

const isPod = ({ resource: { group, resource } }: KindName): boolean => group === '' && resource === 'pods';

/** Asked of the server: a cache that is behind would let the namespace go too early. */
async function remaining(
  api: Api,
  namespace: string,
  { resource, failure }: { resource: Resource; failure: string | undefined },
): Promise<Remaining> {
  try {
    const { items: objects } = await api.list({ resource, namespace });
    return { resource, objects, ...(failure && objects.length > 0 && { failure }) };
  } catch (err) {
    return { resource, objects: [], failure: failureText(namespace, resource, err) };
  }
}

/** What is gone already, or was made anew under the same name, is no failure. */
async function deleteAll(api: Api, resource: Resource, objects: Remaining['objects']): Promise<void> {
  const writes = objects
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata: { namespace, name = '', uid } }): WriteItem => {
      const options = { propagationPolicy: 'Background' as const, preconditions: { uid } };
      return { verb: 'delete', resource, namespace, name, options };
    });
  for (const result of await api.writeMany(writes)) {
    if (!result.ok && result.status.code !== 404 && result.status.code !== 409) throw ApiError.fromStatus(result.status);
  }
}

function failureText(namespace: string, { group, version, resource }: Resource, err: unknown): string {
  return `unexpected items still remain in namespace: ${namespace} for gvr: ${group}/${version}, Resource=${resource}: ${String(err)}`;
}
