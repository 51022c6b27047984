import { inlineHandle } from '../../csi/csi-paths.ts';
import { inlineRecord, recordedVolume } from '../recorded-volume.ts';

/** Kubernetes, "CSI ephemeral volumes" (KEP-596): made by a driver for the pod alone. */
export const csi = recordedVolume({
  type: 'csi',
  resolve: async (volume) => {
    const { driver, fsType, readOnly = false, volumeAttributes = {}, nodePublishSecretRef } = volume.source;
    const { uid = '', namespace } = volume.pod.metadata;
    return inlineRecord(volume, 'csi', {
      driver,
      readOnly,
      handle: inlineHandle(uid, volume.name),
      isInline: true,
      attributes: volumeAttributes,
      ...(fsType && { fsType }),
      ...(nodePublishSecretRef?.name && { nodePublishSecretRef: { name: nodePublishSecretRef.name, namespace } }),
    });
  },
});
