import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type {
  HostPathVolumeSource,
  ImageVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  NFSVolumeSource,
  SecretReference,
} from '#api/types';
import type { Digest } from '#base';
import { attachableName } from '#objects';

/** What can be mounted for a pod, and what is known of each. */
export interface SourceTypes {
  /** `provisioned`: the directory is of the built-in storage, and is made here. */
  local: LocalVolumeSource & { provisioned: boolean };
  hostPath: HostPathVolumeSource;
  nfs: NFSVolumeSource;
  iscsi: ISCSIPersistentVolumeSource;
  csi: CsiSource;
  /** `imageId`: which one it was when the pod had it first. */
  image: ImageVolumeSource & { imageId?: Digest };
}

export interface CsiSource {
  driver: string;
  handle: string;
  /** Made for the pod, and no PersistentVolume. */
  isInline: boolean;
  fsType?: string;
  attributes: Record<string, string>;
  nodeStageSecretRef?: SecretReference;
  nodePublishSecretRef?: SecretReference;
  nodeExpandSecretRef?: SecretReference;
}

export type SourceKind = keyof SourceTypes;

/**
 * What was mounted as a volume of a pod, on disk before any of it is done. When it is to be taken away, the pod, its claim and the
 * volume may be gone from the API, or the agent may have been away: this alone is what is gone by.
 */
export interface VolumeRecord<K extends SourceKind = SourceKind> {
  kind: K;
  source: SourceTypes[K];
  /** Name of the PersistentVolume, or what the pod calls it. */
  volume: string;
  pod: { uid: string; namespace: string; name: string };
  /** Name of the claim, in the namespace of the pod. */
  claim?: string;
  readOnly: boolean;
  mode: 'Filesystem' | 'Block';
  accessModes: string[];
  mountOptions: string[];
}

/** undefined: nothing was mounted, or the writing of it was cut short, before anything was. */
export function readRecord(file: string): VolumeRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VolumeRecord;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}

/** Not synced: what it speaks of ends with the machine, as it does. */
export function writeRecord(file: string, record: VolumeRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

/** Files of records in a directory; none where there is none. */
export function recordFiles(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(directory, name));
}

/** Of all pods of a node. */
export function recordsOfNode(rootDir: string): VolumeRecord[] {
  const pods = join(rootDir, 'pods');
  return namesIn(pods)
    .flatMap((uid) => recordFiles(join(pods, uid, 'volume-records')))
    .flatMap((file) => readRecord(file) ?? []);
}

/** Ids of the images that are volumes of pods. */
export const mountedImages = (rootDir: string): string[] =>
  recordsOfNode(rootDir).flatMap((record) => (record.kind === 'image' ? ((record as VolumeRecord<'image'>).source.imageId ?? []) : []));

/** Volumes that a driver may have attached to the node, by the names that they have in its status. */
export function volumesInUse(rootDir: string): string[] {
  const used = recordsOfNode(rootDir).flatMap((record) => {
    if (record.kind !== 'csi') return [];
    const { driver, handle, isInline } = (record as VolumeRecord<'csi'>).source;
    return isInline ? [] : [attachableName(handle, driver)];
  });
  return [...new Set(used)].toSorted();
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw err;
  }
}
