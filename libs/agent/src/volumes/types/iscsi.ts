import { inlineRecord, recordedVolume } from '../recorded-volume.ts';

/** Kubernetes, "Volumes", "iscsi". Its secret is in the pod's namespace. */
export const iscsi = recordedVolume({
  type: 'iscsi',
  resolve: async (volume) => {
    const { secretRef, ...source } = volume.source;
    const { namespace } = volume.pod.metadata;
    return inlineRecord(volume, 'iscsi', { ...source, ...(secretRef?.name && { secretRef: { name: secretRef.name, namespace } }) });
  },
});
