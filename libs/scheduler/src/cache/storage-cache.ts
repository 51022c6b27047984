import type { KubeObject } from '#api';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '#api/types';
import { volumeClassOf } from '#objects';
import type { Storage } from '../contract.ts';

/** Kinds that the scheduler follows for the sake of volumes, by the name of their resource. */
export interface Stored {
  persistentVolumeClaims: PersistentVolumeClaim;
  persistentVolumes: PersistentVolume;
  storageClasses: StorageClass;
  csiNodes: CSINode;
  csiDrivers: CSIDriver;
  csiStorageCapacities: CSIStorageCapacity;
  volumeAttachments: VolumeAttachment;
}

const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject): string => `${namespace}/${name}`;

/**
 * Claims, volumes and what they depend on, as the API shows them, and on top of it what this scheduler has decided and the API does not
 * show yet: a volume that was kept for a claim is given to no other meanwhile.
 */
export class StorageCache implements Storage {
  private readonly kinds = new Map<keyof Stored, Map<string, KubeObject>>();
  /** Node → name → its attachment. */
  private readonly attached = new Map<string, Map<string, VolumeAttachment>>();
  private readonly toGive = new Map<string, Map<string, PersistentVolume>>();
  /** Volume → the claim that it is kept for. */
  private readonly kept = new Map<string, string>();

  set<K extends keyof Stored>(kind: K, object: Stored[K], deleted: boolean): void {
    const objects = this.objects(kind);
    const key = keyOf(object);
    if (kind === 'persistentVolumes') this.index(object as PersistentVolume, objects.get(key) as PersistentVolume | undefined, deleted);
    if (kind === 'volumeAttachments') this.indexAttachment(object as VolumeAttachment, deleted);
    if (deleted) objects.delete(key);
    else objects.set(key, object);
  }

  /** From now on, until the API shows it or `giveBack`. */
  keep(volume: string, claim: string): void {
    this.kept.set(volume, claim);
  }

  giveBack(volume: string): void {
    this.kept.delete(volume);
  }

  claim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.get('persistentVolumeClaims', `${namespace}/${name}`);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.get('persistentVolumes', `/${name}`);
  }

  storageClass(name: string): StorageClass | undefined {
    return this.get('storageClasses', `/${name}`);
  }

  csiNode(name: string): CSINode | undefined {
    return this.get('csiNodes', `/${name}`);
  }

  csiDriver(name: string): CSIDriver | undefined {
    return this.get('csiDrivers', `/${name}`);
  }

  attachments(nodeName: string): readonly VolumeAttachment[] {
    return [...(this.attached.get(nodeName)?.values() ?? [])];
  }

  capacities(className: string): readonly CSIStorageCapacity[] {
    const all = [...this.objects('csiStorageCapacities').values()] as CSIStorageCapacity[];
    return all.filter(({ storageClassName }) => storageClassName === className);
  }

  /** Also those that name a claim already: whom they are kept for is asked of each. */
  volumesFor(claim: PersistentVolumeClaim, className: string): readonly PersistentVolume[] {
    const key = keyOf(claim);
    return [...(this.toGive.get(className)?.values() ?? [])].filter(({ metadata: { name = '' } }) => (this.kept.get(name) ?? key) === key);
  }

  /** What is given to a claim by its uid is of no interest to any other. */
  private index(volume: PersistentVolume, previous: PersistentVolume | undefined, deleted: boolean): void {
    const { name = '' } = volume.metadata;
    if (previous) this.toGive.get(volumeClassOf(previous))?.delete(name);
    if (volume.spec.claimRef || deleted) this.kept.delete(name);
    if (deleted || volume.status?.phase === 'Bound' || volume.status?.phase === 'Released') return;
    const className = volumeClassOf(volume);
    const ofClass = this.toGive.get(className) ?? new Map<string, PersistentVolume>();
    this.toGive.set(className, ofClass.set(name, volume));
  }

  /** Its node never changes: the spec of an attachment is immutable. */
  private indexAttachment(attachment: VolumeAttachment, deleted: boolean): void {
    const { name = '' } = attachment.metadata;
    const { nodeName } = attachment.spec;
    const there = this.attached.get(nodeName) ?? new Map<string, VolumeAttachment>();
    if (deleted) there.delete(name);
    else there.set(name, attachment);
    if (there.size > 0) this.attached.set(nodeName, there);
    else this.attached.delete(nodeName);
  }

  private objects(kind: keyof Stored): Map<string, KubeObject> {
    const objects = this.kinds.get(kind) ?? new Map<string, KubeObject>();
    this.kinds.set(kind, objects);
    return objects;
  }

  private get<K extends keyof Stored>(kind: K, key: string): Stored[K] | undefined {
    return this.objects(kind).get(key) as Stored[K] | undefined;
  }
}
