import type { FieldError, KubeObject } from '#api';
import type { KindDefinition, Subresource, WriteContext } from '#kinds/contract';
import { subresourceOf } from '../catalog/subresources.ts';
import type { ServedKind, WriteRequest } from '../contract.ts';
import { sameJson } from '../objects/equality.ts';
import { withKeptFields } from '../objects/metadata.ts';
import { validateMetadataUpdate } from '../objects/metadata-rules.ts';

/** `admitted` and `previous` are both in the stored version; `previous` is shared with other readers and never changed. */
export interface UpdateInput {
  kind: ServedKind;
  request: WriteRequest;
  admitted: KubeObject;
  previous: KubeObject;
  now: Date;
}

/** What an update stores: `rest.BeforeUpdate`. Fields that this path may not change are as they were. */
export function nextStored({ kind, request, admitted, previous, now }: UpdateInput): KubeObject {
  const identified = withKeptFields(admitted, previous);
  const prepared = preparation(kind.definition, request.subresource)(identified, previous, { user: request.user, now });
  return withServerFields(kind, prepared, previous);
}

/** Fields that the server alone decides about. */
export const withServerFields = (kind: ServedKind, next: KubeObject, previous: KubeObject): KubeObject =>
  withGeneration(kind, withKeptFields(next, previous), previous);

/** Puts back what this path may not set: a PUT of the object leaves `status` alone, a PUT of `status` leaves `spec` alone. */
type Prepare = (next: KubeObject, previous: KubeObject, write: WriteContext) => KubeObject;

function preparation(definition: KindDefinition, subresource: string | undefined): Prepare {
  const view = viewOf(definition, subresource);
  if (view) return (next, previous, write) => view.prepareForUpdate(next, previous, write);
  return (next, previous) => definition.strategy?.prepareForUpdate?.(next, previous) ?? next;
}

function viewOf(definition: KindDefinition, subresource: string | undefined): Extract<Subresource<KubeObject>, { do: 'view' }> | undefined {
  const found = subresourceOf(definition, subresource);
  return found?.do === 'view' ? found : undefined;
}

/** `generation` counts changes of what is wanted; which part that is, the kind says. */
function withGeneration(kind: ServedKind, next: KubeObject, previous: KubeObject): KubeObject {
  const { strategy } = kind.definition;
  if (!strategy?.generationOf || sameJson(strategy.generationOf(next), strategy.generationOf(previous))) return next;
  return { ...next, metadata: { ...next.metadata, generation: (previous.metadata.generation ?? 0) + 1 } };
}

/** Everything that is wrong with an update; empty when it may be written. */
export function refusedUpdate(kind: ServedKind, subresource: string | undefined, next: KubeObject, previous: KubeObject): FieldError[] {
  const { definition, version } = kind;
  const view = viewOf(definition, subresource);
  const errors = validateMetadataUpdate(next, previous);
  if (view) return [...errors, ...(view.validateUpdate?.(next, previous) ?? [])];
  if (version?.validateUpdate) return [...errors, ...version.validateUpdate(next, previous)];
  const change = definition.validateUpdate?.(next, previous) ?? [];
  const whole = definition.validate(next);
  return [...errors, ...(definition.updateRulesFirst ? [...change, ...whole] : [...whole, ...change])];
}

/** Whether nothing changed: times of field ownership alone are no change. */
export function isNoOp(next: KubeObject, previous: KubeObject): boolean {
  return sameJson(comparable(next), comparable(previous));
}

/**
 * The object as far as a change of it matters: a repeated apply only moves the times of `managedFields`, and must not wake every watcher.
 */
function comparable(object: KubeObject): unknown {
  const { resourceVersion: _, managedFields, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, managedFields: managedFields?.map(({ time: _t, ...entry }) => entry) } };
}
