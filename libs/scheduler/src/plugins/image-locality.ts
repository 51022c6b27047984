import type { ScorePlugin } from '../contract.ts';

const mebibyte = 1024 * 1024;
const [leastBytes, mostBytesPerContainer] = [23 * mebibyte, 1000 * mebibyte];

/** Prefers nodes that hold the pod's images already, more so for large ones. */
export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  score(_state, { pod }, { images }) {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    const bytes = containers.reduce((sum, { image = '' }) => sum + (images.get(withTag(image)) ?? 0), 0);
    const mostBytes = mostBytesPerContainer * containers.length;
    return Math.floor((100 * (Math.min(Math.max(bytes, leastBytes), mostBytes) - leastBytes)) / (mostBytes - leastBytes));
  },
};

function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
