import type { KindIo, UserInfo } from '#kinds/contract';
import type { Core } from '../core.ts';
import { remove } from '../verbs/delete.ts';
import { peek, peekAll } from './cache-reads.ts';
import { servedKind, modify } from './modify.ts';

/** The world for the parts of kinds that act, on behalf of a caller. */
export function kindIo(core: Core, caller: UserInfo): KindIo {
  return {
    caller,
    now: () => core.clock.now(),
    get: (gvk, namespace, name) => peek(core, gvk, namespace, name),
    list: (gvk, namespace) => peekAll(core, gvk, namespace),
    tokens: core.tokens,
    rules: core.rules,
    authorize: (user, attributes) => core.authorizer.authorize(user, attributes),
    modify: (gvk, namespace, name, change) => modify(core, { kind: servedKind(core, gvk), namespace, name }, change),
    async delete(gvk, namespace, name, { gracePeriodSeconds, uid, resourceVersion, dryRun }) {
      const kind = servedKind(core, gvk);
      const options = { gracePeriodSeconds, preconditions: { uid, resourceVersion } };
      const written = await remove(core, kind, { verb: 'delete', user: caller, resource: kind.resource, namespace, name, options, dryRun });
      return written.served.object;
    },
  };
}
