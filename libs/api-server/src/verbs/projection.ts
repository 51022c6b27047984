import { applyPatch, invalid, type KubeObject } from '#api';
import type { Subresource } from '#kinds/contract';
import type { ServedKind, ServedObject, WriteRequest } from '../contract.ts';
import { subresourceOf } from '../catalog/subresources.ts';
import type { Core } from '../core.ts';
import { readObject } from '../objects/codec.ts';
import { inNamespace } from '../objects/metadata.ts';
import { checkName } from '../objects/metadata-rules.ts';
import type { Change } from '../writes/change.ts';

/** A subresource that is an object of another kind made of this one: `scale` shows autoscaling/v1 Scale. */
type Projection = Extract<Subresource<KubeObject>, { do: 'projection' }>;

/** Undefined for the object itself and its other subresources. */
export function projectionOf(kind: ServedKind, subresource: string | undefined): Projection | undefined {
  const found = subresourceOf(kind.definition, subresource);
  return found?.do === 'projection' ? found : undefined;
}

/** What a client gets to see of an object there. */
export function projected(projection: Projection, object: KubeObject, revision: number): ServedObject {
  const shown = projection.of(object);
  return { object: shown, bytes: Buffer.from(JSON.stringify(shown)), revision };
}

/** A PUT or PATCH of the projection as a change of the object that it is made of. */
export function projectedChange(
  core: Core,
  kind: ServedKind,
  request: Extract<WriteRequest, { verb: 'update' | 'patch' }>,
  projection: Projection,
): Change {
  const { types } = core.kinds;
  const { gvk } = projection;
  const whole = request.verb === 'update' ? named(readObject(types, gvk, request.body, request), kind, request) : undefined;
  const patched = (object: KubeObject): KubeObject => {
    if (request.verb !== 'patch') return object;
    const { fieldValidation, warn, patchType: type, body } = request;
    const bytes = 'value' in body ? JSON.stringify(body.value) : body.bytes;
    return applyPatch(types, object, bytes, { type, gvk, fieldValidation, warn });
  };
  return {
    ...(whole ? { uid: whole.metadata.uid } : { patch: 'patch' }),
    // oxlint-disable-next-line require-yield -- a projection is small
    *next(current, stored) {
      const wanted = whole ?? patched(projection.of(stored));
      const errors = projection.validate(wanted);
      if (errors.length > 0) throw invalid(gvk, wanted.metadata.name ?? '', errors);
      const next = projection.applied(current, wanted);
      return { ...next, metadata: { ...next.metadata, resourceVersion: wanted.metadata.resourceVersion } };
    },
  };
}

/** It is of the object in the path. Throws ApiError 400. */
function named(object: KubeObject, kind: ServedKind, { name, namespace }: { name: string; namespace: string }): KubeObject {
  const placed = inNamespace(object, kind, namespace);
  checkName(placed, name);
  return placed;
}
