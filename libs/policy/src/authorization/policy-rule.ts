import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import type { PolicyRule } from './default-rbac/notation.ts';

const none: readonly string[] = [];
const hasAny = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

/** Whether the rule speaks of this verb and resource (or path), whatever the object's name. */
export function ruleSpeaksOf(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  if (!hasAny(rule.verbs, attributes.verb)) return false;
  if (attributes.nonResourcePath !== undefined) return urlMatches(rule.nonResourceURLs ?? none, attributes.nonResourcePath);
  return hasAny(rule.apiGroups, attributes.group) && resourceMatches(rule.resources ?? none, attributes.resource, attributes.subresource);
}

/** Whether a rule that speaks of the resource includes this object. A request without a name is never for named objects only. */
export function nameMatches(rule: PolicyRule, name: string | undefined): boolean {
  return !rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name));
}

/** RBAC has no refusals: a rule allows or is silent, and rules add up (Kubernetes, "Using RBAC Authorization"). */
export function ruleAllows(rule: PolicyRule, attributes: AuthorizationAttributes): boolean {
  return ruleSpeaksOf(rule, attributes) && (attributes.nonResourcePath !== undefined || nameMatches(rule, attributes.name));
}

// `pods` does not stand for `pods/log`: a subresource is named in full, or by `*/log`, or by `*`.
function resourceMatches(resources: readonly string[], resource: string, subresource = ''): boolean {
  const asked = subresource ? `${resource}/${subresource}` : resource;
  return resources.some((each) => each === '*' || each === asked || (subresource !== '' && each === `*/${subresource}`));
}

/** A star stands for the rest of a path at its end only, or for all alone. */
function urlMatches(patterns: readonly string[], path: string): boolean {
  return patterns.some((each) => each === '*' || each === path || (each.endsWith('*') && path.startsWith(each.slice(0, -1))));
}

/** A few hundred groups, resources, names and verbs make billions of pieces; no role that anybody means has a thousandth of this. */
const maxComparisons = 500_000;
const maxMissing = 500;

/**
 * The part of `wanted` that no rule of `held` covers, in the smallest pieces. Empty: whoever holds `held` may grant `wanted`. The looking ends
 * when much is missing or there is too much to look at; the rule at which it ended is missing as a whole then.
 */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing: PolicyRule[] = [];
  let left = maxComparisons;
  for (const rule of wanted) {
    for (const piece of pieces(rule)) {
      left -= 1 + held.length;
      if (left < 0 || missing.length >= maxMissing) return [...missing, rule];
      if (!held.some((each) => covers(each, piece))) missing.push(piece);
    }
  }
  return missing;
}

/** One group, resource, name and verb at a time: what several rules cover together is covered, though none covers it alone. */
function* pieces(rule: PolicyRule): Generator<PolicyRule> {
  const verbs = rule.verbs ?? [];
  const names: (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const name of names) {
        const named = name !== undefined && { resourceNames: [name] };
        for (const verb of verbs) yield { verbs: [verb], apiGroups: [group], resources: [resource], ...named };
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) for (const verb of verbs) yield { verbs: [verb], nonResourceURLs: [url] };
}

/** A star in the piece is covered by a star only, and a piece without a name only by a rule without names. */
function covers(owner: PolicyRule, piece: PolicyRule): boolean {
  const verb = piece.verbs[0] ?? '';
  if (!hasAny(owner.verbs, verb)) return false;
  const url = piece.nonResourceURLs?.[0];
  if (url !== undefined) return urlMatches(owner.nonResourceURLs ?? none, url);
  const resource = piece.resources?.[0] ?? '';
  const [base = '', sub] = resource.split('/');
  if (!hasAny(owner.apiGroups, piece.apiGroups?.[0] ?? '')) return false;
  if (!resourceMatches(owner.resources ?? none, base, sub)) return false;
  return nameMatches(owner, piece.resourceNames?.[0]);
}

/** Upstream's complaint about a grant of more than the giver holds, `k8s.io/kubernetes/pkg/registry/rbac/validation`. */
export function refusalOfGrant(user: Pick<UserInfo, 'username' | 'groups'>, missing: readonly PolicyRule[]): string {
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const rules = compact(missing).map(shownRule).sort().join('\n');
  return `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${rules}`;
}

/** Pieces that differ in their verbs only, together. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byRest = new Map<string, PolicyRule>();
  for (const { verbs, ...rest } of rules) {
    const key = JSON.stringify(rest);
    const known = byRest.get(key);
    byRest.set(key, { ...rest, verbs: [...(known?.verbs ?? []), ...verbs] });
  }
  return [...byRest.values()];
}

function shownRule(rule: PolicyRule): string {
  const list = (name: string, values: readonly string[] | undefined): string[] =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`] : [];
  return `{${[
    ...list('APIGroups', rule.apiGroups),
    ...list('Resources', rule.resources),
    ...list('NonResourceURLs', rule.nonResourceURLs),
    ...list('ResourceNames', rule.resourceNames),
    ...list('Verbs', rule.verbs),
  ].join(', ')}}`;
}
