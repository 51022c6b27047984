import { invalidValue, type KubeObject } from '#api';
import type { Scale } from '#api/types';
import { gvks } from '#objects';
import type { Subresource } from '../contract.ts';
import { scaleColumns } from './columns.ts';

interface Scalable extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number };
}

/** The `autoscaling/v1` Scale of a kind that counts its pods in `spec.replicas` and `status.replicas`. */
export function scale<T extends Scalable>(selectorOf: (object: T) => string): Subresource<T> {
  return {
    do: 'projection',
    gvk: gvks.Scale,
    columns: scaleColumns,
    of(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
      const replicas = object.spec?.replicas ?? 0;
      const selector = selectorOf(object);
      return {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: replicas === 0 ? {} : { replicas },
        status: { replicas: object.status?.replicas ?? 0, ...(selector && { selector }) },
      } as Scale;
    },
    validate(projected) {
      const { replicas = 0 } = (projected as Scale).spec ?? {};
      return replicas < 0 ? [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
    },
    applied: (object, projected) => ({ ...object, spec: { ...object.spec, replicas: (projected as Scale).spec?.replicas ?? 0 } }),
  };
}
