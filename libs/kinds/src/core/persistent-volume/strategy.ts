import type { PersistentVolume, PersistentVolumeSpec } from '#api/types';
import type { Strategy } from '../../contract.ts';
import { volumeWarnings } from './warnings.ts';

/** `k8s.io/kubernetes/pkg/registry/core/persistentvolume`. KEP-3762: the time of a phase begins with the object. */
export const strategy: Strategy<PersistentVolume> = {
  prepareForCreate: (volume) => ({
    ...volume,
    status: { phase: 'Pending', ...(volume.metadata.creationTimestamp && { lastPhaseTransitionTime: volume.metadata.creationTimestamp }) },
  }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  returnsDeleted: true,
  warnings: volumeWarnings,
};

export const prepareStatus = (next: PersistentVolume, previous: PersistentVolume): PersistentVolume => ({ ...next, spec: previous.spec });

export const applyVolumeDefaults = (volume: PersistentVolume): PersistentVolume =>
  volume.spec?.hostPath ? { ...volume, spec: withHostPathType(volume.spec) } : volume;

/** SetDefaults_HostPathVolumeSource. */
export const withHostPathType = (spec: PersistentVolumeSpec): PersistentVolumeSpec =>
  spec.hostPath ? { ...spec, hostPath: { ...spec.hostPath, type: spec.hostPath.type ?? '' } } : spec;
