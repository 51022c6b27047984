import { tolerates, untoleratedTaint } from '#objects';
import { type FilterPlugin, type ScorePlugin, success, unresolvable } from '../contract.ts';
import { scaleReversed } from '../scale.ts';

/** Taints keep pods away that do not tolerate them; PreferNoSchedule only makes a node less liked. */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  requeueOn: [{ resource: 'Node', events: ['add', 'update'] }],
  filter(_state, { pod }, { node }) {
    const taint = untoleratedTaint(pod.spec?.tolerations, node.spec?.taints);
    return taint ? unresolvable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`) : success;
  },
  score(_state, { pod }, { node }) {
    const tolerations = pod.spec?.tolerations;
    return (node.spec?.taints ?? []).filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(tolerations, t)).length;
  },
  normalize: scaleReversed,
};
