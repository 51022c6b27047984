import { lookUp } from '#base';
import type { NodeSelectorTerm } from '#api/types';
import { type FilterPlugin, type NodeInfo, type ScorePlugin, success, unresolvable } from '../contract.ts';
import { scale } from './scale.ts';

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

/** `spec.nodeSelector` and `spec.affinity.nodeAffinity`. */
export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: 'NodeAffinity',
  weight: 2,
  requeueOn: [{ resource: 'Node', events: ['add', 'update'] }],
  filter(_state, { pod }, node) {
    const selects = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => lookUp(node.labels, key) === value);
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    const matches = !required || required.nodeSelectorTerms.some((term) => termMatches(term, node));
    return selects && matches ? success : unresolvable("node(s) didn't match Pod's node affinity/selector");
  },
  preScore: (_state, { pod }) =>
    pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length ? undefined : 'skip',
  score(_state, { pod }, node) {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.filter(({ preference }) => termMatches(preference, node)).reduce((sum, { weight }) => sum + weight, 0);
  },
  normalize: scale,
};

/** An empty term selects nothing: core/v1 NodeSelectorTerm. */
export function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeInfo): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => requirementHolds(requirement, lookUp(node.labels, requirement.key))) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && requirementHolds(requirement, node.name))
  );
}

function requirementHolds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
