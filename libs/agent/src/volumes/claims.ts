import type { KubeObject } from '#api';
import type { Container, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types';
import { localStorage, resources, storageNames } from '#objects';
import { lookUp } from '#base';
import type { ObjectRef } from '#client/contract';
import { PrepareError } from '../pod-steps/errors.ts';
import { csiOfVolume } from './sources/csi.ts';
import { isVolumeSource } from './sources/index.ts';
import type { VolumeNode } from './volume-plugin.ts';
import type { SourceTypes, VolumeRecord } from './volume-record.ts';

/** One volume of a pod that stands for a claim. */
export interface ClaimUse {
  pod: Pod;
  /** Of the volume in the pod. */
  name: string;
  claimName: string;
  readOnly: boolean;
  /** The claim has to be the pod's own (KEP-1698). */
  isEphemeral: boolean;
}

/** The volume that a claim is bound to, as it is to be mounted. Throws PrepareError, in the kubelet's words, until there is one. */
export async function claimedVolume(use: ClaimUse, node: VolumeNode): Promise<VolumeRecord> {
  try {
    const claim = await readClaim(use, node);
    const volume = await readVolume(claim, node);
    checkMode(use, volume.spec.volumeMode ?? 'Filesystem');
    return recordOf(use, claim, volume);
  } catch (err) {
    if (err instanceof PrepareError) throw err;
    const list = `[${use.name}]`;
    const why = err instanceof Error ? err.message : String(err);
    const message = `Unable to attach or mount volumes: unmounted volumes=${list}, unattached volumes=[], failed to process volumes=${list}: ${why}`;
    throw new PrepareError('FailedMount', message, { cause: err, retryMs: WAIT_MS });
  }
}

/** What it waits for is decided elsewhere, and soon. */
const WAIT_MS = 2_000;

async function readClaim({ pod, claimName, isEphemeral }: ClaimUse, node: VolumeNode): Promise<PersistentVolumeClaim> {
  const { namespace = '', name: podName, uid } = pod.metadata;
  const processing = (why: string): Error => new Error(`error processing PVC ${namespace}/${claimName}: ${why}`);
  const ref = { resource: resources.persistentVolumeClaims, namespace, name: claimName };
  const claim = await read<PersistentVolumeClaim>(node, ref, (why) => processing(`failed to fetch PVC from API server: ${why}`));
  if (isEphemeral && !claim.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid)) {
    throw new Error(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${podName} (pod is not owner)`);
  }
  if (claim.metadata.deletionTimestamp) throw processing('PVC is being deleted');
  if (claim.status?.phase !== 'Bound') throw processing('PVC is not bound');
  if (!claim.spec.volumeName) throw processing('PVC has empty pvc.Spec.VolumeName');
  return claim;
}

async function readVolume(claim: PersistentVolumeClaim, node: VolumeNode): Promise<PersistentVolume> {
  const name = claim.spec.volumeName!;
  const ref = { resource: resources.persistentVolumes, name };
  const volume = await read<PersistentVolume>(node, ref, (why) => new Error(`failed to fetch PV ${name} from API server: ${why}`));
  const owner = volume.spec.claimRef;
  if (!owner) throw new Error(`found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`);
  if (owner.uid !== claim.metadata.uid) {
    throw new Error(`found PV object ${name} but its pv.Spec.ClaimRef.UID ${owner.uid} does not point to claim.UID ${claim.metadata.uid}`);
  }
  return volume;
}

async function read<T extends KubeObject>({ api }: VolumeNode, ref: ObjectRef, failure: (why: string) => Error): Promise<T> {
  try {
    return await api.get<T>(ref);
  } catch (err) {
    throw Object.assign(failure(err instanceof Error ? err.message : String(err)), { cause: err });
  }
}

/** A volume of files is mounted and one of blocks is a device, in every container. */
function checkMode({ pod, name }: ClaimUse, mode: string): void {
  const uses = (list: 'volumeMounts' | 'volumeDevices'): boolean =>
    containersOf(pod).some((container) => container[list]?.some((each) => each.name === name));
  const wrong = mode === 'Block' ? 'volumeMounts' : 'volumeDevices';
  if (uses(wrong)) throw new Error(`volume ${name} has volumeMode ${mode}, but is specified in ${wrong}`);
}

const containersOf = ({ spec }: Pod): Pick<Container, 'volumeMounts' | 'volumeDevices'>[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

function recordOf({ pod, readOnly }: ClaimUse, claim: PersistentVolumeClaim, volume: PersistentVolume): VolumeRecord {
  const { uid = '', namespace = '', name = '' } = pod.metadata;
  const { accessModes = [], mountOptions = [], volumeMode } = volume.spec;
  return {
    ...sourceOfVolume(volume),
    volume: volume.metadata.name ?? '',
    pod: { uid, namespace, name },
    claim: claim.metadata.name ?? '',
    // Whoever may only read it anywhere may not write it here.
    readOnly: readOnly || isReadOnlySource(volume) || (accessModes.length > 0 && accessModes.every((mode) => mode === 'ReadOnlyMany')),
    mode: volumeMode === 'Block' ? 'Block' : 'Filesystem',
    accessModes,
    mountOptions,
  };
}

const isReadOnlySource = ({ spec }: PersistentVolume): boolean => (spec.csi ?? spec.nfs ?? spec.iscsi)?.readOnly === true;

function sourceOfVolume(volume: PersistentVolume): Pick<VolumeRecord, 'kind' | 'source'> {
  const { spec, metadata } = volume;
  const kind = Object.keys(spec).find(isVolumeSource);
  if (!kind) throw new Error('no volume plugin matched');
  if (kind === 'csi') return { kind, source: csiOfVolume(volume) };
  const provisioned = lookUp(metadata.annotations, storageNames.provisionedBy) === localStorage.provisioner;
  const source = kind === 'local' ? { ...spec.local!, provisioned } : spec[kind];
  return { kind, source: source as SourceTypes[typeof kind] };
}
