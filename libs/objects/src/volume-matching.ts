import { compareQuantities, labelMatcher } from '#api';
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { nodeSelectorMatches, type SelectableNode } from './node-affinity.ts';
import { claimClassOf, volumeClassOf } from './storage.ts';

/** What the claim asks for, and what the volume has: `k8s.io/kubernetes/pkg/controller/volume/persistentvolume`, checkVolumeSatisfyClaim. */
export function volumeMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const request = claim.spec?.resources?.requests?.storage ?? '0';
  if (compareQuantities(volume.spec?.capacity?.storage ?? '0', request) < 0) return 'requested PV is too small';
  if ((claimClassOf(claim) ?? '') !== volumeClassOf(volume)) return 'storageClassName does not match';
  if ((claim.spec?.volumeAttributesClassName ?? '') !== (volume.spec?.volumeAttributesClassName ?? '')) {
    return 'volumeAttributesClassName does not match';
  }
  if (!hasMode(volume, claim)) return 'incompatible volumeMode';
  return hasAccess(volume, claim) ? undefined : 'incompatible accessMode';
}

const hasMode = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');

const hasAccess = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode));

/** Whether the volume is kept for this claim and no other: a user names it without the uid of one that is to come. */
export function isKeptFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef;
  return (
    reference !== undefined &&
    reference.name === metadata.name &&
    reference.namespace === metadata.namespace &&
    (!reference.uid || reference.uid === metadata.uid)
  );
}

/** Of a volume without a node affinity every node. */
export function reachesNode({ spec }: PersistentVolume, node: SelectableNode): boolean {
  const required = spec?.nodeAffinity?.required;
  return !required || nodeSelectorMatches(required, node);
}

export interface Wanted {
  /** The scheduler asks for one node at a time. */
  node?: SelectableNode;
  /** The claim waits for its first consumer: only what is kept for it comes without a node. */
  delayed?: boolean;
  /** Names of volumes that another claim of the same pod is to get. */
  taken?: ReadonlySet<string>;
}

/**
 * The best volume for a claim: one that is kept for it, or else of all that suit it the one with the fewest access modes and of those the
 * smallest (`k8s.io/component-helpers/storage/volume`, FindMatchingVolume).
 */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, delayed = false, taken }: Wanted = {},
): PersistentVolume | undefined {
  const selector = claim.spec?.selector && labelMatcher(claim.spec.selector);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    const { metadata, spec, status } = volume;
    if (taken?.has(metadata.name ?? '') || metadata.deletionTimestamp) continue;
    const here = !node || reachesNode(volume, node);
    if (isKeptFor(volume, claim)) {
      if (!hasRoom(volume, claim)) continue;
      return here ? volume : undefined;
    }
    if (spec?.claimRef || (!node && delayed) || !here || status?.phase !== 'Available') continue;
    if (selector && !selector.matches(metadata.labels)) continue;
    if (volumeMismatch(volume, claim) !== undefined) continue;
    if (!best || isBetter(volume, best)) best = volume;
  }
  return best;
}

const hasRoom = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  compareQuantities(volume.spec?.capacity?.storage ?? '0', claim.spec?.resources?.requests?.storage ?? '0') >= 0 && hasMode(volume, claim);

function isBetter(a: PersistentVolume, b: PersistentVolume): boolean {
  const modes = (a.spec?.accessModes?.length ?? 0) - (b.spec?.accessModes?.length ?? 0);
  if (modes !== 0) return modes < 0;
  const size = compareQuantities(a.spec?.capacity?.storage ?? '0', b.spec?.capacity?.storage ?? '0');
  return size === 0 ? (a.metadata.name ?? '') < (b.metadata.name ?? '') : size < 0;
}
