import type { Taint, Toleration } from '#api/types';
import { type FilterPlugin, type ScorePlugin, success, unresolvable } from '../contract.ts';
import { scaleReversed } from './scale.ts';

/** Taints keep pods away that do not tolerate them; PreferNoSchedule only makes a node less liked. */
export const taintToleration: FilterPlugin & ScorePlugin = {
  name: 'TaintToleration',
  weight: 3,
  requeueOn: [{ resource: 'Node', events: ['add', 'update'] }],
  filter(_state, { pod }, { node }) {
    const tolerations = pod.spec?.tolerations ?? [];
    const taint = (node.spec?.taints ?? []).find((t) => t.effect !== 'PreferNoSchedule' && !tolerates(tolerations, t));
    return taint ? unresolvable(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`) : success;
  },
  score(_state, { pod }, { node }) {
    const tolerations = pod.spec?.tolerations ?? [];
    return (node.spec?.taints ?? []).filter((t) => t.effect === 'PreferNoSchedule' && !tolerates(tolerations, t)).length;
  },
  normalize: scaleReversed,
};

/** core/v1 Toleration: an empty key with Exists matches all; an empty effect matches every effect. */
export function tolerates(tolerations: readonly Toleration[], taint: Pick<Taint, 'key' | 'value' | 'effect'>): boolean {
  return tolerations.some((toleration) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false;
    if (toleration.key && toleration.key !== taint.key) return false;
    switch (toleration.operator || 'Equal') {
      case 'Exists':
        return true;
      case 'Equal':
        return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
      case 'Gt':
        return compare(taint.value, toleration.value) > 0;
      case 'Lt':
        return compare(taint.value, toleration.value) < 0;
      default:
        return false;
    }
  });
}

/** KEP-5471: numeric comparison of a taint's value; not a number tolerates nothing. */
function compare(taint: string | undefined, toleration: string | undefined): number {
  const [a, b] = [Number(taint), Number(toleration)];
  return taint && toleration && Number.isInteger(a) && Number.isInteger(b) ? a - b : Number.NaN;
}
