import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { nodeName } from './node-name.ts';

const refused = "node(s) didn't match the requested node name (unresolvable)";

it.each([
  { name: 'a pod that names no node fits all', nodeName: undefined, want: { a: 'fits', b: 'fits' } },
  { name: 'a pod that names a node fits that one', nodeName: 'b', want: { a: refused, b: 'fits' } },
  { name: 'a pod that names a node which is not there fits none', nodeName: 'c', want: { a: refused, b: refused } },
])('$name', ({ nodeName: named, want }) => {
  expect(verdicts(nodeName, pod('p', named ? { nodeName: named } : {}), clusterOf([node('a'), node('b')]))).toEqual(want);
});
