import type { Node } from '#api/types';
import { clusterOf, node, pod, scores } from '../testing.ts';
import { imageLocality } from './image-locality.ts';

const holding = (name: string, images: Record<string, number>): Node => ({
  ...node(name),
  status: { images: Object.entries(images).map(([image, mebibytes]) => ({ names: [image], sizeBytes: mebibytes * 2 ** 20 })) },
});
const running = (...images: string[]) => pod('p', { spec: { containers: images.map((image, i) => ({ name: `c${i}`, image })) } });

it.each<{ name: string; nodes: Node[]; images: string[]; want: Record<string, number> }>([
  { name: 'in proportion to its size between 23 and 1000 MiB', nodes: [holding('a', { 'x:v1': 500 })], images: ['x:v1'], want: { a: 48 } },
  { name: 'a small image is soon pulled', nodes: [holding('a', { 'x:v1': 23 })], images: ['x:v1'], want: { a: 0 } },
  { name: 'no image counts more than 1000 MiB', nodes: [holding('a', { 'x:v1': 5000 })], images: ['x:v1'], want: { a: 100 } },
  { name: 'the bound grows with the containers', nodes: [holding('a', { 'x:v1': 1000 })], images: ['x:v1', 'y:v1'], want: { a: 49 } },
  {
    name: 'less where few nodes hold it',
    nodes: [holding('a', { 'x:v1': 1000 }), node('b'), node('c'), node('d')],
    images: ['x:v1'],
    want: { a: 23, b: 0, c: 0, d: 0 },
  },
  { name: 'no tag is latest', nodes: [holding('a', { 'r:5000/x:latest': 2000 })], images: ['r:5000/x'], want: { a: 100 } },
  { name: 'another tag is another image', nodes: [holding('a', { 'x:v1': 2000 })], images: ['x'], want: { a: 0 } },
  { name: 'a digest names itself', nodes: [holding('a', { 'x@sha256:ab': 2000 })], images: ['x@sha256:ab'], want: { a: 100 } },
])('$name', ({ nodes, images, want }) => expect(scores(imageLocality, running(...images), clusterOf(nodes))).toEqual(want));

it('counts init containers as well', () => {
  const incoming = running('y:v1');
  incoming.spec!.initContainers = [{ name: 'i', image: 'x:v1' }];
  expect(scores(imageLocality, incoming, clusterOf([holding('a', { 'x:v1': 2000 })]))).toEqual({ a: 100 });
});
