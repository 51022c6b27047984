import { ApiError, quantityValue } from '#api';
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { systemReason } from '#base';
import { patch } from '#client';
import { resources } from '#objects';
import { sourceOf } from './sources/index.ts';
import type { MountedVolume } from './sources/source-plugin.ts';
import type { Upkeep, VolumeNode } from './volume-plugin.ts';

/** How often a claim is looked at: a node may read it, not watch it. The kubelet's interval of syncs. */
const LOOK_MS = 60_000;

/**
 * Kubernetes, "Expanding Persistent Volumes Claims", on the node: when the volume has grown where it lies, its file system gets the room, and
 * the claim says so. Where a node has nothing to do that is all.
 */
export async function expandClaim(volume: MountedVolume, node: VolumeNode): Promise<Upkeep> {
  const upkeep = { renewAtMs: node.clock.now().getTime() + LOOK_MS };
  const seen = await read(volume, node);
  if (!seen) return upkeep;
  const { claim, capacity } = seen;
  if (volume.record.readOnly || quantityValue(capacity) <= quantityValue(claim.status?.capacity?.['storage'] ?? '0')) return upkeep;
  await grow(volume, quantityValue(capacity), node);
  await report(claim, capacity, node);
  return upkeep;
}

/** undefined: somebody has taken one of them away. */
async function read(
  { record }: MountedVolume,
  { api }: VolumeNode,
): Promise<{ claim: PersistentVolumeClaim; capacity: string } | undefined> {
  try {
    const { namespace } = record.pod;
    const claim = await api.get<PersistentVolumeClaim>({ resource: resources.persistentVolumeClaims, namespace, name: record.claim ?? '' });
    const volume = await api.get<PersistentVolume>({ resource: resources.persistentVolumes, name: record.volume });
    const capacity = volume.spec.capacity?.['storage'];
    return claim.spec.volumeName === record.volume && capacity ? { claim, capacity } : undefined;
  } catch (err) {
    if (err instanceof ApiError && (err.code === 404 || err.code === 403)) return undefined;
    throw err;
  }
}

async function grow(volume: MountedVolume, bytes: number, node: VolumeNode): Promise<void> {
  const { record, pod } = volume;
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void => node.events.event(pod, { type, reason, message });
  try {
    await sourceOf(record.kind).expand?.(volume, bytes, node);
    tell('Normal', 'FileSystemResizeSuccessful', `MountVolume.NodeExpandVolume succeeded for volume "${record.volume}" ${node.nodeName}`);
  } catch (err) {
    tell('Warning', 'VolumeResizeFailed', `MountVolume.NodeExpandVolume failed for volume "${record.volume}" : ${systemReason(err)}`);
    throw err;
  }
}

const resizing = new Set(['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError']);

async function report({ metadata, status }: PersistentVolumeClaim, capacity: string, { api }: VolumeNode): Promise<void> {
  const { namespace, name = '', resourceVersion } = metadata;
  const change = {
    metadata: { resourceVersion },
    status: {
      capacity: { ...status?.capacity, storage: capacity },
      conditions: (status?.conditions ?? []).filter(({ type }) => !resizing.has(type)),
      allocatedResourceStatuses: { storage: null },
    },
  };
  await patch(api, { resource: resources.persistentVolumeClaims, namespace, name }, change, { subresource: 'status' });
}
