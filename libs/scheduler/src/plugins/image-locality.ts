import type { NodeInfo, ScorePlugin } from '../contract.ts';

const mebibyte = 1024 * 1024;
const [leastBytes, mostBytesPerContainer] = [23 * mebibyte, 1000 * mebibyte];
const name = 'ImageLocality';

/** Prefers nodes that hold the pod's images already, more so for large ones and for those that many nodes hold: one node alone would draw all. */
export const imageLocality: ScorePlugin = {
  name,
  weight: 1,
  preScore(state, { pod }, _nodes, { nodes }) {
    const images = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ image = '' }) => withTag(image));
    state.set(
      name,
      images.map((image) => ({ image, spread: spreadOf(image, nodes) })),
    );
    return undefined;
  },
  score(state, _pod, { images }) {
    const wanted = state.get(name) as readonly { image: string; spread: number }[];
    const bytes = wanted.reduce((sum, { image, spread }) => sum + Math.floor((images.get(image) ?? 0) * spread), 0);
    const mostBytes = mostBytesPerContainer * wanted.length;
    return Math.floor((100 * (Math.min(Math.max(bytes, leastBytes), mostBytes) - leastBytes)) / (mostBytes - leastBytes));
  },
};

/** The part of all nodes that hold the image. */
const spreadOf = (image: string, nodes: readonly NodeInfo[]): number =>
  nodes.filter(({ images }) => images.has(image)).length / Math.max(1, nodes.length);

function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
