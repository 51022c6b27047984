import { parseQuantity } from '#api';
import type { PersistentVolumeClaim } from '#api/types';
import { lookUp } from '#base';
import { storageNames } from '#objects';

const { betaStorageClass } = storageNames;
const nano = 1_000_000_000n;

/** `k8s.io/kubernetes/pkg/api/persistentvolumeclaim`, GetWarningsForPersistentVolumeClaim; and what nobody reads. */
export function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const storage = spec.resources?.requests?.storage;
  return [
    ...(lookUp(metadata.annotations ?? {}, betaStorageClass) === undefined
      ? []
      : [`metadata.annotations[${betaStorageClass}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...(storage !== undefined && parseQuantity(storage).nano % nano !== 0n
      ? [`spec.resources.requests[storage]: fractional byte value "${storage}" is invalid, must be an integer`]
      : []),
    ...(Object.keys(spec.resources?.limits ?? {}).length === 0
      ? []
      : ['spec.resources.limits: has no effect, volumes are made as requested']),
  ];
}
