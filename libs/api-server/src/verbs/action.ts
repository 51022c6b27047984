import { lookUp } from '#base';
import { pageNotFound } from '#api';
import type { AdmissionRequest, ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObjectSlices } from '../objects/codec.ts';
import { inNamespace } from '../objects/metadata.ts';
import { WrittenObject } from '../objects/stored-text.ts';
import { admit, mutate } from '../writes/admit.ts';
import { keyFor, present } from '../writes/cache-reads.ts';
import { kindIo } from '../writes/kind-io.ts';
import { done, slicesOf } from '../writes/slices.ts';

/** POST of a body of another kind to an object: `pods/binding`, `pods/eviction`, `serviceaccounts/token`. */
export async function act(core: Core, kind: ServedKind, request: Extract<WriteRequest, { verb: 'create' }>): Promise<Written> {
  const action = lookUp(kind.definition.subresources, request.subresource ?? '');
  if (action?.do !== 'action') throw pageNotFound();
  const decoded = await done(readObjectSlices(core.kinds.types, action.body, request.body, request), slicesOf(request));
  const body = inNamespace(decoded, kind, request.namespace);
  const name = request.name ?? body.metadata.name ?? '';
  const current = await present(core, kind, keyFor(kind, request.namespace, name), name);
  const admission: AdmissionRequest = {
    verb: 'create',
    user: request.user,
    resource: request.resource,
    kind: action.body,
    subresource: request.subresource ?? '',
    namespace: request.namespace,
    name,
    dryRun: request.dryRun ?? false,
    object: body,
    oldObject: current.object,
  };
  const warn = request.warn ?? (() => undefined);
  const admitted = (await mutate(core, admission, warn)) ?? body;
  await admit(core, { ...admission, object: admitted }, warn);
  const user = { name: request.user.username, groups: request.user.groups };
  const answer = await action.run(current.object, admitted, kindIo(core, request.user), { dryRun: request.dryRun ?? false, user });
  return { outcome: 'answered', served: new WrittenObject(answer, 0) };
}
