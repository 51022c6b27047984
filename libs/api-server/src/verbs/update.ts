import {
  conflict,
  errorsOf,
  invalid,
  invalidValue,
  type KubeObject,
  methodNotSupported,
  notFound,
  objectModified,
  type Slices,
} from '#api';
import type { CachedObject } from '#store';
import type { ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObjectSlices } from '../objects/codec.ts';
import { inNamespace } from '../objects/metadata.ts';
import { checkName } from '../objects/metadata-rules.ts';
import { admit, admissionOf, warner } from '../writes/admit.ts';
import { admitted } from '../writes/admitted.ts';
import { withClaims } from '../writes/allocate.ts';
import { Charges } from '../writes/charges.ts';
import { groupResource, keyFor, objectIn, presentOrNone, seen } from '../writes/cache-reads.ts';
import type { Change } from '../writes/change.ts';
import { type Attempt, type Decision, unchanged, untilWritten } from '../writes/decide.ts';
import { isNoOp, nextStored, refusedUpdate } from '../writes/next-stored.ts';
import { finished } from '../writes/finish-deletion.ts';
import { done, slicesOf } from '../writes/slices.ts';
import { createDecoded } from './create.ts';
import { projectedChange, projectionOf } from './projection.ts';

/** A PUT: the body is the whole object, so what it leaves out is taken away. */
export type UpdateRequest = Extract<WriteRequest, { verb: 'update' }>;

/** PUT of an object or of a view of it such as `status`. */
export async function update(core: Core, kind: ServedKind, request: UpdateRequest): Promise<Written> {
  const projection = projectionOf(kind, request.subresource);
  if (projection) return change(core, kind, request, projectedChange(core, kind, request, projection));
  const body = await done(readObjectSlices(core.kinds.types, kind.gvk, request.body, request), slicesOf(request));
  const decoded = inNamespace(body, kind, request.namespace);
  checkName(decoded, request.name);
  return change(core, kind, request, { next: () => only(decoded), whenAbsent: () => only(decoded), uid: decoded.metadata.uid });
}

// oxlint-disable-next-line require-yield -- what is there already takes one slice
function* only(object: KubeObject): Slices<KubeObject> {
  return object;
}

/** What PUT, the four patches and `scale` share: look at the present object, make the next one of it, write it unless nothing changed. */
export async function change(core: Core, kind: ServedKind, request: WriteRequest & { name: string }, what: Change): Promise<Written> {
  const key = keyFor(kind, request.namespace, request.name);
  // The client named a version: it wants the conflict, not a second try over what it has not read.
  let explicit = false;
  const decide = async (attempt: Attempt): Promise<Decision> => {
    const current = await presentOrNone(core, key);
    if (!current) return { do: 'answer', written: await createInstead(core, kind, request, what) };
    const endSlice = slicesOf(request, current);
    await endSlice?.();
    const wanted = await done(what.next(objectIn(kind, current), current.object), endSlice);
    const version = wanted.metadata.resourceVersion;
    explicit = Boolean(version) && !(what.patch && version === String(current.revision));
    const changed = await atVersion(core, { kind, key, name: request.name, version, current });
    if (changed !== current) return decide(attempt);
    return decideUpdate(core, { kind, request, what, key, current, wanted, attempt });
  };
  const charges = new Charges(core, warner(request));
  return untilWritten(core, decide, { dryRun: request.dryRun, charges, retries: () => !explicit });
}

/**
 * A PUT or an apply of what is not there. It needs the right to create as well, which the request's own check did not cover. Throws
 * ApiError 404 where the kind does not allow it, 405 where the user may not.
 */
async function createInstead(core: Core, kind: ServedKind, request: WriteRequest & { name: string }, what: Change): Promise<Written> {
  const allowed = what.patch === 'apply' || kind.definition.strategy?.allowCreateOnUpdate;
  if (!what.whenAbsent || !allowed || request.subresource || what.uid) throw notFound(groupResource(kind), request.name);
  const { user, resource, namespace, name } = request;
  const verdict = await core.authorizer.authorize(user, { ...resource, verb: 'create', namespace, name });
  if (!verdict.allowed) throw methodNotSupported(groupResource(kind), 'create');
  const whole = await done(what.whenAbsent(), slicesOf(request));
  const { resourceVersion: _, ...metadata } = whole.metadata;
  return createDecoded(core, kind, request, { ...whole, metadata });
}

/** Checks the version that the client changed. Answers another object when the cache had not seen that version yet. */
async function atVersion(
  core: Core,
  { kind, key, name, version, current }: { kind: ServedKind; key: string; name: string; version?: string; current: CachedObject },
): Promise<CachedObject | undefined> {
  const { strategy } = kind.definition;
  if (!version || version === '0') {
    if (strategy?.allowUnconditionalUpdate !== false) return current;
    throw invalid(kind.definition.gvk, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (!/^\d+$/.test(version))
    throw invalid(kind.definition.gvk, name, [invalidValue('metadata.resourceVersion', version, 'must be an unsigned integer')]);
  if (Number(version) === current.revision) return current;
  if (Number(version) > core.cache.revision) {
    await seen(core, Number(version));
    return core.cache.get(key);
  }
  throw conflict(groupResource(kind), name, objectModified);
}

interface UpdateState {
  kind: ServedKind;
  request: WriteRequest & { name: string };
  what: Change;
  key: string;
  current: CachedObject;
  wanted: KubeObject;
  attempt: Attempt;
}

/**
 * One look at an update, from `admitted` on. The plugins run again for each try, since they judge the change against an object that has
 * become another. What changes nothing is admitted all the same, and then not written.
 */
async function decideUpdate(core: Core, state: UpdateState): Promise<Decision> {
  const { kind, request, what, key, current, wanted, attempt } = state;
  const previous = current.object;
  if (what.uid && what.uid !== previous.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${what.uid}, UID in object meta: ${previous.metadata.uid}`;
    throw conflict(groupResource(kind), request.name, why);
  }
  checkName(wanted, request.name);
  const endSlice = slicesOf(request, current);
  const warn = attempt.number === 1 ? warner(request) : () => undefined;
  const ownersMade = what.patch === 'apply';
  const object = await admitted(core, { kind, request, decoded: wanted, previous, ownersMade, warn, endSlice });
  await endSlice?.();
  const prepared = nextStored({ kind, request, admitted: object, previous, now: core.clock.now() });
  await endSlice?.();
  const errors = errorsOf(() => refusedUpdate(kind, request.subresource, prepared, previous));
  if (errors.length > 0) throw invalid(kind.definition.gvk, request.name, errors);
  for (const warning of kind.definition.strategy?.warnings?.(prepared, previous) ?? []) warn(warning);
  await endSlice?.();
  await admit(core, admissionOf('update', kind, request, { object: prepared, oldObject: previous }), warn);
  await endSlice?.();
  if (isNoOp(prepared, previous)) return { do: 'answer', written: unchanged(kind, current) };
  await endSlice?.();
  const write = { do: 'write', kind, key, expect: current.revision, previous } as const;
  if (finished(kind, prepared, previous)) return { ...write, outcome: 'deleted', object: prepared };
  const { subresource } = request;
  const { object: allocated, claims } = withClaims(core, { kind, key, object: prepared, previous, subresource, taken: attempt.taken });
  const charge = admissionOf('update', kind, request, { object: allocated, oldObject: previous });
  return { ...write, outcome: 'updated', object: allocated, charge, ...(claims && { claims }) };
}
