import { compareQuantities, labelMatcher } from '#api';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass, TopologySelectorTerm } from '#api/types';
import { lookUp } from '#base';
import { claimClassOf, findVolume, localStorage, noProvisioner, reachesNode, storageNames } from '#objects';
import type { NodeInfo, Storage, VolumePlan } from '../contract.ts';
import type { PodClaims } from './pod-claims.ts';

export const reasons = {
  affinity: "node(s) didn't match PersistentVolume's node affinity",
  none: "node(s) didn't find available persistent volumes to bind",
  space: 'node(s) did not have enough free storage',
  gone: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
} as const;

/** `pkg/scheduler/framework/plugins/volumebinding`, FindPodVolumes: the plan for one node, or why there is none. */
export function planVolumes({ bound, delayed }: PodClaims, node: NodeInfo, storage: Storage): VolumePlan | { refused: string } {
  for (const claim of bound) {
    const volume = storage.volume(claim.spec.volumeName ?? '');
    if (!volume) return { refused: reasons.gone };
    if (!reachesNode(volume, node)) return { refused: reasons.affinity };
  }
  const taken = new Set<string>();
  const bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const provision: PersistentVolumeClaim[] = [];
  for (const { claim, storageClass } of delayed.toSorted(bySize)) {
    const chosen = lookUp(claim.metadata.annotations ?? {}, storageNames.selectedNode);
    // A volume is being made for it already.
    if (chosen !== undefined) {
      if (chosen !== node.name) return { refused: reasons.none };
      provision.push(claim);
      continue;
    }
    const volume = findVolume(claim, storage.volumesFor(claim, claimClassOf(claim) ?? ''), { node, delayed: true, taken });
    if (volume) {
      taken.add(volume.metadata.name ?? '');
      bind.push({ claim, volume });
    } else {
      const why = unprovidable(claim, storageClass, { node, storage });
      if (why !== undefined) return { refused: why };
      provision.push(claim);
    }
  }
  return { bind, provision };
}

/** The smallest first, so that it takes no larger volume than it has to. */
const bySize = (a: PodClaims['delayed'][number], b: PodClaims['delayed'][number]): number =>
  compareQuantities(sizeOf(a.claim), sizeOf(b.claim));
const sizeOf = ({ spec }: PersistentVolumeClaim): string => spec.resources?.requests?.storage ?? '0';

interface Place {
  node: NodeInfo;
  storage: Storage;
}

function unprovidable(claim: PersistentVolumeClaim, storageClass: StorageClass, { node, storage }: Place): string | undefined {
  const { provisioner, allowedTopologies = [] } = storageClass;
  if (!provisioner || provisioner === noProvisioner) return reasons.none;
  if (allowedTopologies.length > 0 && !allowedTopologies.some((term) => isWithin(term, node))) return reasons.none;
  if (provisioner === localStorage.provisioner && lookUp(node.node.metadata.annotations ?? {}, localStorage.pathAnnotation) === undefined) {
    return reasons.none;
  }
  return hasSpace(claim, storageClass, { node, storage }) ? undefined : reasons.space;
}

const isWithin = ({ matchLabelExpressions = [] }: TopologySelectorTerm, { labels }: NodeInfo): boolean =>
  matchLabelExpressions.every(({ key, values }) => values.includes(lookUp(labels, key) ?? ''));

/** KEP-1472: only drivers that say so tell what they have left. */
function hasSpace(claim: PersistentVolumeClaim, { provisioner, metadata }: StorageClass, { node, storage }: Place): boolean {
  if (!storage.csiDriver(provisioner)?.spec.storageCapacity) return true;
  return storage.capacities(metadata.name ?? '').some(({ capacity, maximumVolumeSize, nodeTopology }) => {
    const room = maximumVolumeSize ?? capacity;
    return (
      room !== undefined &&
      compareQuantities(room, sizeOf(claim)) >= 0 &&
      nodeTopology !== undefined &&
      labelMatcher(nodeTopology).matches(node.labels)
    );
  });
}
