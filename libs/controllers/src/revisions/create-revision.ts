import { ApiError, deepEqual } from '#api';
import type { ControllerRevision } from '#api/types';
import type { Resource } from '#client';
import { controllerOf } from '#controller-runtime';
import type { Io } from '#controller-runtime/contract';
import { resources } from '#objects';
import { write } from '../status.ts';
import type { Revised } from './revision.ts';

/**
 * A name that is taken is either our own revision that the cache does not show yet, or another template's with the same hash: then the next
 * hash is made with a higher count. Throws either way, so that nothing is made of a revision that is not there.
 */
export async function createRevision(io: Io, { resource, owner }: { resource: Resource; owner: Revised }, revision: ControllerRevision) {
  const { namespace, name = '' } = revision.metadata;
  const [result] = await io.api.writeMany([{ verb: 'create', resource: resources.controllerRevisions, namespace, object: revision }]);
  if (!result) throw new Error('a write got no outcome');
  if (result.ok) return;
  const refused = ApiError.fromStatus(result.status);
  if (refused.reason === 'AlreadyExists') {
    const present = await io.api.get<ControllerRevision>({ resource: resources.controllerRevisions, namespace, name });
    if (controllerOf(present)?.uid !== owner.metadata.uid || !deepEqual(present.data, revision.data)) {
      const { uid, name: ownerName = '' } = owner.metadata;
      const patch = { metadata: { uid }, status: { collisionCount: (owner.status?.collisionCount ?? 0) + 1 } };
      const patchType = 'application/merge-patch+json';
      await write(io.api, { verb: 'patch', resource, subresource: 'status', namespace, name: ownerName, patchType, patch });
    }
  }
  throw refused;
}
