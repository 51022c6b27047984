import { applyTableDefaults, type KubeObject } from '#api';
import type { ServedKind, WriteRequest } from '../contract.ts';
import type { Core } from '../core.ts';
import { inNamespace } from '../objects/metadata.ts';
import { admissionOf, mutate, type Warn } from './admit.ts';
import { owned } from './field-owners.ts';
import { done, type EndSlice } from './slices.ts';

/*
 * The stages of an object on its way into the store. A name says what the object is from then on:
 *
 *   decoded      of its type, pruned, with the defaults of the type table; in the version of the request
 *   admitted     in the stored version, with its kind's defaults and its field owners, after the mutating plugins; then defaults again
 *   identified   with the name, uid and times that the server alone gives
 *   prepared     with what its kind lets this path set, and nothing else
 *   allocated    valid, let through by the validating plugins, and with its unique addresses and ports
 *   charged      what it takes of what is limited is taken: last, so that nothing which is refused is charged
 *   stored
 *
 * Up to `admitted` a create is done once. The rest is done again for each try, since another writer may hold the name or the port by now;
 * an update begins again with the object as that writer left it. A charge is taken once all the same.
 */

/** What `admitted` starts from. `decoded` is in the version of the request, `previous` in the stored one. */
export interface Admitting {
  kind: ServedKind;
  request: WriteRequest;
  decoded: KubeObject;
  /** Undefined at creation. */
  previous?: KubeObject;
  /** An apply has made its field owners already; of what is only answered there are none. */
  ownersMade: boolean;
  warn: Warn;
  endSlice: EndSlice | undefined;
}

/**
 * Brings a decoded object to the stage `admitted` above. The order is upstream's (`k8s.io/apiserver`, handlers/create.go and update.go):
 * defaults come before the plugins, so that these see no gaps; field owners come before them too, so that what a plugin sets belongs to
 * nobody who did not ask for it. Throws ApiError of the first plugin that refuses.
 */
export async function admitted(
  core: Core,
  { kind, request, decoded, previous, ownersMade, warn, endSlice }: Admitting,
): Promise<KubeObject> {
  const { definition, version } = kind;
  await endSlice?.();
  const placed = inNamespace(decoded, kind, request.namespace);
  const stored = version ? version.toStored(placed) : placed;
  const defaulted = definition.applyDefaults?.(stored) ?? stored;
  await endSlice?.();
  const managed = ownersMade ? defaulted : await done(owned(core, kind, request, { live: previous, next: defaulted }), endSlice);
  await endSlice?.();
  const verb = previous ? 'update' : 'create';
  const mutated = await mutate(core, admissionOf(verb, kind, request, { object: managed, oldObject: previous }), warn);
  return mutated === managed ? managed : defaultsAgain(core, kind, { mutated, managed });
}

/** Of what the plugins put in: where they left the object alone it has its defaults. */
function defaultsAgain(
  core: Core,
  { definition }: ServedKind,
  { mutated, managed }: Record<'mutated' | 'managed', KubeObject>,
): KubeObject {
  const typed = applyTableDefaults(core.kinds.types, mutated, managed);
  return definition.applyDefaults?.(typed) ?? typed;
}
