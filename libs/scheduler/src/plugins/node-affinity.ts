import { nodePreference, wantsNode } from '#objects';
import { type FilterPlugin, type ScorePlugin, success, unresolvable } from '../contract.ts';
import { scale } from '../scale.ts';

/** `spec.nodeSelector` and `spec.affinity.nodeAffinity`. */
export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  requeueOn: [{ resource: 'Node', events: ['add', 'update'] }],
  filter: (_state, { pod }, node) =>
    wantsNode(pod.spec, node) ? success : unresolvable("node(s) didn't match Pod's node affinity/selector"),
  preScore: (_state, { pod }) =>
    pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ? undefined : 'skip',
  score: (_state, { pod }, node) => nodePreference(pod.spec, node),
  normalize: scale,
};
