import { lookUp } from '#base';
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '#api/types';
import { parseInteger } from './integer.ts';

/** What selectors see of a node. */
export interface SelectableNode {
  name: string;
  labels: Readonly<Record<string, string>>;
}

/** Whether a pod may be on the node by its `nodeSelector` and its required node affinity: `component-helpers/scheduling`, GetRequiredNodeAffinity. */
export function wantsNode({ nodeSelector = {}, affinity }: Pick<PodSpec, 'nodeSelector' | 'affinity'>, node: SelectableNode): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(nodeSelector).every(([key, value]) => lookUp(node.labels, key) === value) &&
    (!required || nodeSelectorMatches(required, node))
  );
}

/** The sum of the weights of the terms that prefer the node. */
export function nodePreference({ affinity }: Pick<PodSpec, 'affinity'>, node: SelectableNode): number {
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.filter(({ preference }) => termMatches(preference, node)).reduce((sum, { weight }) => sum + weight, 0);
}

/** Terms are alternatives; without any, nothing is selected. Also what `nodeAffinity.required` of a PersistentVolume means. */
export function nodeSelectorMatches({ nodeSelectorTerms }: NodeSelector, node: SelectableNode): boolean {
  return nodeSelectorTerms.some((term) => termMatches(term, node));
}

/** An empty term selects nothing: core/v1 NodeSelectorTerm. */
function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: SelectableNode): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => requirementHolds(requirement, lookUp(node.labels, requirement.key))) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && requirementHolds(requirement, node.name))
  );
}

function requirementHolds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
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
      return isMore(value, values[0]);
    case 'Lt':
      return isMore(values[0], value);
    default:
      return false;
  }
}

/** What is no number is neither more nor less. */
function isMore(text: string | undefined, than: string | undefined): boolean {
  const [value, bound] = [parseInteger(text), parseInteger(than)];
  return value !== undefined && bound !== undefined && value > bound;
}
