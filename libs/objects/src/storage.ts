import { lookUp } from '#base';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api/types';

/** Annotations and finalizers of claims and volumes, by which the binder, the scheduler and provisioners speak to each other: `k8s.io/component-helpers/storage/volume`. */
export const storageNames = {
  /** The binder has bound the claim; without its volume it is lost from then on. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** The binder chose the partner, not a user: it may be taken back. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** Who made the volume, and so who deletes it. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** Who is to make a volume for the claim. */
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  betaStorageProvisioner: 'volume.beta.kubernetes.io/storage-provisioner',
  /** The node that the scheduler chose for the pod whose claim waits for its first consumer. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  /** The class of a claim or volume, before there was a field for it. */
  betaStorageClass: 'volume.beta.kubernetes.io/storage-class',
  betaMountOptions: 'volume.beta.kubernetes.io/mount-options',
  defaultClass: 'storageclass.kubernetes.io/is-default-class',
  betaDefaultClass: 'storageclass.beta.kubernetes.io/is-default-class',
  claimProtection: 'kubernetes.io/pvc-protection',
  attributesClassProtection: 'kubernetes.io/vac-protection',
  volumeProtection: 'kubernetes.io/pv-protection',
} as const;

/** The provisioner that says of a class that nobody makes volumes for it. */
export const noProvisioner = 'kubernetes.io/no-provisioner';

/** `undefined`: the claim names no class, and gets the default one; `''`: it wants a volume of no class. */
export function claimClassOf({ metadata, spec }: Pick<PersistentVolumeClaim, 'metadata' | 'spec'>): string | undefined {
  return lookUp(metadata.annotations ?? {}, storageNames.betaStorageClass) ?? spec?.storageClassName;
}

export function volumeClassOf({ metadata, spec }: Pick<PersistentVolume, 'metadata' | 'spec'>): string {
  return lookUp(metadata.annotations ?? {}, storageNames.betaStorageClass) ?? spec?.storageClassName ?? '';
}

export function isDefaultClass({ metadata: { annotations = {} } }: Pick<StorageClass, 'metadata'>): boolean {
  return [storageNames.defaultClass, storageNames.betaDefaultClass].some((name) => lookUp(annotations, name) === 'true');
}

/** Of several the newest, the first by name among those of one second (KEP-3333). */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const madeAt = ({ metadata }: StorageClass): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  const [first] = classes
    .filter(isDefaultClass)
    .toSorted((a, b) => madeAt(b) - madeAt(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  return first;
}

const modeLetters: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** As kubectl and messages show them: `RWO,ROX`. */
export const accessModesText = (modes: readonly string[] | undefined): string =>
  modeLetters
    .filter(([mode]) => modes?.includes(mode))
    .map(([, letters]) => letters)
    .join(',');
