import type { VolumeMount } from '#api/types';
import type { Mount } from '#runtime/containers.contract';

/** KEP-3857: this runtime can always do it, so that `IfPossible` is as good as `Enabled`. */
export const isRecursive = ({ readOnly, recursiveReadOnly }: VolumeMount): boolean =>
  readOnly === true && (recursiveReadOnly === 'Enabled' || recursiveReadOnly === 'IfPossible');

/** Kubernetes, "Mount propagation". */
export function propagationOf({ mountPropagation }: VolumeMount): Mount['propagation'] {
  if (mountPropagation === 'Bidirectional') return 'rshared';
  return mountPropagation === 'HostToContainer' ? 'rslave' : 'private';
}
