import { inlineRecord, recordedVolume } from '../recorded-volume.ts';

/** Kubernetes, "Volumes", "nfs". */
export const nfs = recordedVolume({
  type: 'nfs',
  resolve: async (volume) => inlineRecord(volume, 'nfs', volume.source),
});
