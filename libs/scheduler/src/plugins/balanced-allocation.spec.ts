import { clusterOf, node, pod, scores } from '../testing.ts';
import { balancedAllocation } from './balanced-allocation.ts';

it.each([
  { name: 'both used alike', pod: pod('p', { cpu: '2', memory: '4Gi' }), want: 100 },
  { name: 'all of the one, half of the other', pod: pod('p', { cpu: '4', memory: '4Gi' }), want: 75 },
  {
    name: 'what runs counts',
    running: pod('r', { cpu: '2', memory: '0', nodeName: 'a' }),
    pod: pod('p', { cpu: '0', memory: '4Gi' }),
    want: 100,
  },
  { name: 'more than all is all', pod: pod('p', { cpu: '40', memory: '4Gi' }), want: 75 },
  { name: 'all of nothing is used', node: node('a', { cpu: '0' }), pod: pod('p', { cpu: '1', memory: '4Gi' }), want: 75 },
  {
    name: 'a container that requests nothing counts with 100m and 200Mi',
    node: node('a', { cpu: '100m', memory: '400Mi' }),
    pod: pod('p'),
    want: 75,
  },
])('$name', ({ node: on = node('a'), running, pod: incoming, want }) => {
  expect(scores(balancedAllocation, incoming, clusterOf([on], running ? [running] : []))).toEqual({ a: want });
});
