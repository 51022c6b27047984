import type { Toleration } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';

const refused = 'node(s) were unschedulable (unresolvable)';
const key = 'node.kubernetes.io/unschedulable';

it.each<{ name: string; tolerations?: Toleration[]; want: string }>([
  { name: 'a cordoned node takes no pod', want: refused },
  { name: 'a pod that tolerates its taint comes', tolerations: [{ key, operator: 'Exists', effect: 'NoSchedule' }], want: 'fits' },
  { name: 'a pod that tolerates everything comes', tolerations: [{ operator: 'Exists' }], want: 'fits' },
  { name: 'another effect does not help', tolerations: [{ key, operator: 'Exists', effect: 'NoExecute' }], want: refused },
  { name: 'another taint does not help', tolerations: [{ key: 'other', operator: 'Exists' }], want: refused },
])('$name', ({ tolerations = [], want }) => {
  const cluster = clusterOf([node('cordoned', { unschedulable: true }), node('open')]);
  expect(verdicts(nodeUnschedulable, pod('p', { spec: { tolerations } }), cluster)).toEqual({ cordoned: want, open: 'fits' });
});
