import { lookUp } from '#base';
import { applyPatch, invalid, invalidValue, type KubeObject, pageNotFound, type TypeTable } from '#api';
import type { Subresource } from '#kinds/contract';
import { gvks } from '#objects';
import type { ServedKind, WriteRequest } from '../contract.ts';
import type { Core } from '../core.ts';
import { readObject } from '../objects/codec.ts';
import { inNamespace } from '../objects/metadata.ts';
import { checkName } from '../objects/metadata-rules.ts';
import type { Change } from '../writes/change.ts';

type ScaleRule = Extract<Subresource<KubeObject>, { do: 'scale' }>;

export interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector?: string };
}

/** Throws ApiError 404 for a kind that has no scale. */
export function scaleRule(kind: ServedKind): ScaleRule {
  const found = kind.definition.subresources?.scale;
  if (found?.do !== 'scale') throw pageNotFound();
  return found;
}

/** The `autoscaling/v1` Scale of an object. */
export function scaleOf(kind: ServedKind, object: KubeObject): Scale {
  const rule = scaleRule(kind);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, rule.replicas.spec);
  const selector = rule.selector(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, rule.replicas.status), ...(selector && { selector }) },
  };
}

/** A PUT or PATCH of the Scale as a change of the object that it belongs to. */
export function scaleChange(core: Core, kind: ServedKind, request: Extract<WriteRequest, { verb: 'update' | 'patch' }>): Change {
  const rule = scaleRule(kind);
  const { types } = core.kinds;
  const whole = request.verb === 'update' ? named(readObject(types, gvks.Scale, request.body, request), kind, request) : undefined;
  return {
    ...(whole ? { uid: whole.metadata.uid } : { patch: 'patch' }),
    // oxlint-disable-next-line require-yield -- a Scale is small
    *next(current, stored) {
      const scale = whole ?? (patchedScale(types, scaleOf(kind, stored), request) as Scale);
      const replicas = scale.spec?.replicas ?? 0;
      if (replicas < 0) {
        const why = 'must be greater than or equal to 0';
        throw invalid(gvks.Scale, scale.metadata.name ?? '', [invalidValue('spec.replicas', replicas, why)]);
      }
      const next = rule.withReplicas(current, replicas);
      return { ...next, metadata: { ...next.metadata, resourceVersion: scale.metadata.resourceVersion } };
    },
  };
}

/** A Scale is of the object in the path. Throws ApiError 400. */
function named(scale: KubeObject, kind: ServedKind, { name, namespace }: { name: string; namespace: string }): Scale {
  const placed = inNamespace(scale, kind, namespace);
  checkName(placed, name);
  return placed as Scale;
}

function patchedScale(types: TypeTable, scale: Scale, request: Extract<WriteRequest, { verb: 'update' | 'patch' }>): KubeObject {
  if (request.verb !== 'patch') return scale;
  const { fieldValidation, warn, patchType: type, body } = request;
  const bytes = 'value' in body ? JSON.stringify(body.value) : body.bytes;
  return applyPatch(types, scale, bytes, { type, gvk: gvks.Scale, fieldValidation, warn });
}

function numberAt(object: unknown, path: string): number {
  const value = path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => lookUp(at as Record<string, unknown> | undefined, part), object);
  return typeof value === 'number' ? value : 0;
}
