import { lookUp } from '#base';
import type { PolicyRule, RoleObject } from './default-rbac/notation.ts';

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A role with its labels, by which others take it in, and with the selectors by which it takes in others. */
export interface LabelledRole extends Omit<RoleObject, 'aggregationRule'> {
  aggregationRule?: { clusterRoleSelectors?: LabelSelector[] };
}

/**
 * The rules of an aggregated ClusterRole: those of every role that one of its selectors chooses, without repeats. Roles that it takes in
 * may be aggregated themselves (`view` into `edit` into `admin`); a circle of them adds nothing.
 */
export function aggregatedRules(role: LabelledRole, all: readonly LabelledRole[], above: readonly LabelledRole[] = []): PolicyRule[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const path = [...above, role];
  const chosen = selectors.flatMap((selector) =>
    all
      .filter((other) => !path.some((each) => each.metadata.name === other.metadata.name) && matches(selector, other.metadata.labels ?? {}))
      .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)),
  );
  const rules = chosen.flatMap((other) => (other.aggregationRule ? aggregatedRules(other, all, path) : (other.rules ?? [])));
  const seen = new Set<string>();
  return rules.filter((rule) => {
    const key = JSON.stringify([rule.verbs, rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** As labels.Selector does: an expression with NotIn holds also where the label is not there at all. */
function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => lookUp(labels, key) === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = lookUp(labels, key);
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const among = value !== undefined && values.includes(value);
      return operator === 'In' ? among : operator === 'NotIn' && !among;
    })
  );
}
