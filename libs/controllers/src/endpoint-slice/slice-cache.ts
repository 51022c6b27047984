import { ApiError, type KubeObject } from '#api';
import type { EndpointSlice } from '#api/types';
import type { Informer, WriteItem } from '#client';
import type { Caches, Io, ObjectKey } from '#controller-runtime/contract';
import { resources, serviceNameLabel, sliceManagedByLabel } from '#objects';

const byService = 'service';
const indexed = new WeakSet<Informer<KubeObject>>();

/** The slices of a service that one controller made. */
export function slicesOfService(caches: Caches, { namespace, name }: ObjectKey, managedBy: string): readonly EndpointSlice[] {
  const slices = caches.informer<EndpointSlice>({ resource: resources.endpointSlices });
  if (!indexed.has(slices)) {
    indexed.add(slices);
    slices.addIndex(byService, ({ metadata: { labels, namespace: of = '' } }) => {
      return [`${labels?.[sliceManagedByLabel]} ${of}/${labels?.[serviceNameLabel]}`];
    });
  }
  return slices.byIndex(byService, `${managedBy} ${namespace}/${name}`);
}

/** One write of a slice. That its namespace is going away is no failure: the slice would go with it. */
export async function sendSlice(io: Io, verb: 'create' | 'update' | 'delete', slice: EndpointSlice): Promise<void> {
  const { namespace, name = '', uid } = slice.metadata;
  const place = { resource: resources.endpointSlices, namespace };
  const item: WriteItem =
    verb === 'delete' ? { verb, ...place, name, options: { preconditions: { uid } } } : { verb, ...place, name, object: slice };
  const [result] = await io.api.writeMany([item]);
  if (!result || result.ok) return;
  const goingAway = result.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating');
  if (!goingAway && !(verb === 'delete' && result.status.code === 404)) throw ApiError.fromStatus(result.status);
}
