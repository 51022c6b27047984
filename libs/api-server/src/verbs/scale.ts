import { type KubeObject, pageNotFound } from '#api';
import type { Subresource } from '#kinds/contract';
import type { ServedKind } from '../contract.ts';

type ScaleRule = Extract<Subresource<KubeObject>, { do: 'scale' }>;

export const scaleGvk = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

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

function numberAt(object: unknown, path: string): number {
  const value = path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], object);
  return typeof value === 'number' ? value : 0;
}
