import { inlineRecord, recordedVolume } from '../recorded-volume.ts';

/**
 * Kubernetes, "Use an Image Volume With a Pod" (KEP-4639): the files of an image, read-only. It is pulled and mounted when the first container
 * that mounts it starts (`pod-steps/image-volumes.ts`), since containers say what they wait for.
 */
export const image = {
  ...recordedVolume({
    type: 'image',
    resolve: async (volume) => inlineRecord(volume, 'image', { ...volume.source, readOnly: true }),
  }),
  mountOptions: ['noexec'],
};
