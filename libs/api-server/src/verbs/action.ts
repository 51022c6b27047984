import { pageNotFound } from '#api';
import { subresourceOf } from '../catalog/subresources.ts';
import type { ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObjectSlices } from '../objects/codec.ts';
import { inNamespace } from '../objects/metadata.ts';
import { WrittenObject } from '../objects/stored-text.ts';
import { admit, admissionOf, mutate, warner } from '../writes/admit.ts';
import { keyFor, present } from '../writes/cache-reads.ts';
import { kindIo } from '../writes/kind-io.ts';
import { done, slicesOf } from '../writes/slices.ts';

/** POST of a body of another kind to an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
export async function act(core: Core, kind: ServedKind, request: Extract<WriteRequest, { verb: 'create' }>): Promise<Written> {
  const action = subresourceOf(kind.definition, request.subresource);
  if (action?.do !== 'action') throw pageNotFound();
  const decoded = await done(readObjectSlices(core.kinds.types, action.body, request.body, request), slicesOf(request));
  const body = inNamespace(decoded, kind, request.namespace);
  const name = request.name ?? body.metadata.name ?? '';
  const current = await present(core, kind, keyFor(kind, request.namespace, name), name);
  const admission = admissionOf('create', { gvk: action.body }, { ...request, name }, { object: body, oldObject: current.object });
  const warn = warner(request);
  const object = await mutate(core, admission, warn);
  await admit(core, { ...admission, object }, warn);
  const user = { name: request.user.username, groups: request.user.groups };
  const answer = await action.run(current.object, object, kindIo(core, request.user), { dryRun: request.dryRun ?? false, user });
  return { outcome: 'answered', served: new WrittenObject(answer, 0) };
}
