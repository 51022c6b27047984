import type { Node, Pod } from '#api/types';
import { clusterOf, node, pod, scores, verdicts } from '../testing.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';

const having = (allocatable: Record<string, string>): Node => {
  const plain = node('a', { cpu: '2', memory: '4Gi' });
  return { ...plain, status: { allocatable: { ...plain.status!.allocatable, ...allocatable } } };
};
const requesting = (name: string, requests: Record<string, string>, nodeName?: string): Pod =>
  pod(name, { spec: { containers: [{ name: 'c', image: 'x', resources: { requests } }] }, ...(nodeName && { nodeName }) });

it.each<{ name: string; node?: Node; running?: Pod[]; pod: Pod; want: string }>([
  { name: 'all that is left', running: [requesting('r', { cpu: '500m' }, 'a')], pod: requesting('p', { cpu: '1500m' }), want: 'fits' },
  {
    name: 'more than is left, which evictions may mend',
    running: [requesting('r', { cpu: '501m' }, 'a')],
    pod: requesting('p', { cpu: '1500m' }),
    want: 'Insufficient cpu',
  },
  { name: 'more than the node has', pod: requesting('p', { memory: '5Gi' }), want: 'Insufficient memory (unresolvable)' },
  {
    name: 'every resource that is short',
    node: having({ 'ephemeral-storage': '1Gi', 'example.com/gpu': '1' }),
    pod: requesting('p', { cpu: '3', memory: '5Gi', 'ephemeral-storage': '2Gi', 'example.com/gpu': '2' }),
    want: 'Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage, Insufficient example.com/gpu (unresolvable)',
  },
  {
    name: 'a resource that the node does not have',
    pod: requesting('p', { 'example.com/gpu': '1' }),
    want: 'Insufficient example.com/gpu (unresolvable)',
  },
  {
    name: 'a pod that asks for nothing of what is used up',
    running: [requesting('r', { cpu: '3' }, 'a')],
    pod: requesting('p', { memory: '1Gi' }),
    want: 'fits',
  },
  {
    name: 'all that the node has, and some of it used',
    running: [requesting('r', { cpu: '1m' }, 'a')],
    pod: requesting('p', { cpu: '2' }),
    want: 'Insufficient cpu',
  },
  { name: 'the last pod', node: having({ pods: '1' }), pod: pod('p'), want: 'fits' },
  { name: 'one pod too many', node: having({ pods: '1' }), running: [pod('r', { nodeName: 'a' })], pod: pod('p'), want: 'Too many pods' },
])('$name', ({ node: on = having({}), running = [], pod: incoming, want }) => {
  expect(verdicts(nodeResourcesFit, incoming, clusterOf([on], running))).toEqual({ a: want });
});

it('likes the node best that has the largest part left', () => {
  const cluster = clusterOf(
    [node('empty'), node('half'), node('small', { cpu: '1', memory: '1Gi' })],
    [pod('r', { cpu: '2', memory: '4Gi', nodeName: 'half' })],
  );
  // The mean of what is left of CPU and memory; what does not fit has nothing left.
  expect(scores(nodeResourcesFit, pod('p', { cpu: '1', memory: '2Gi' }), cluster)).toEqual({ empty: 75, half: 25, small: 0 });
});
