import { lookUp } from '#base';
import type { ResourceMapping, Rule } from './config.ts';

/** A kind as rules name it: by singular or plural. */
export interface KnownResource {
  group: string;
  plural: string;
  singular: string;
}

/** What one rule found: a metric, and the objects that it belongs to. */
export interface FoundMetric {
  /** In the API. */
  name: string;
  /** In Prometheus. */
  series: string;
  rule: Rule;
  /** By resource (`<plural>[.<group>]`), the label that names the object. */
  labels: ReadonlyMap<string, string>;
}

const metricName = '__name__';

export const resourceName = ({ group, plural }: KnownResource): string => (group === '' ? plural : `${plural}.${group}`);

/** The name that a rule gives a series; undefined where the rule is not about it. */
export function nameBy({ name: { matches, as }, seriesFilters }: Rule, series: string): string | undefined {
  if (!seriesFilters.every(({ is, isNot }) => (!is || is.test(series)) && !isNot?.test(series))) return undefined;
  const found = matches.exec(series);
  if (!found) return undefined;
  // `$1`, `${1}` and `$0`, as Go expands them.
  return as.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, plain: string | undefined) => {
    const group = braced ?? plain ?? '';
    return (/^\d+$/.test(group) ? found[Number(group)] : lookUp(found.groups, group)) ?? '';
  });
}

/** What the labels of a series name, by the rule's mapping. */
export function labelsBy(
  mapping: ResourceMapping,
  series: Readonly<Record<string, string>>,
  known: readonly KnownResource[],
): Map<string, string> {
  const labels = new Map<string, string>();
  for (const label of Object.keys(series)) {
    const resource = label === metricName ? undefined : resourceOf(mapping, label, known);
    if (resource) labels.set(resourceName(resource), label);
  }
  return labels;
}

function resourceOf({ overrides, template }: ResourceMapping, label: string, known: readonly KnownResource[]): KnownResource | undefined {
  const named = overrides.get(label);
  if (named)
    return known.find(({ group, plural, singular }) => group === named.group && (plural === named.resource || singular === named.resource));
  return template === undefined ? undefined : known.find((resource) => labelBy(template, resource) === label);
}

/** Labels have neither dots nor dashes. */
const labelBy = (template: string, { group, singular }: KnownResource): string =>
  template.replaceAll(/<<\s*\.Group\s*>>/g, group.replaceAll(/[.-]/g, '_')).replaceAll(/<<\s*\.Resource\s*>>/g, singular);

/** All metrics of one rule in what its query found. */
export function metricsBy(rule: Rule, found: readonly Readonly<Record<string, string>>[], known: readonly KnownResource[]): FoundMetric[] {
  const metrics = new Map<string, FoundMetric>();
  for (const labels of found) {
    const series = labels[metricName] ?? '';
    const name = nameBy(rule, series);
    if (!name) continue;
    const before = metrics.get(series);
    metrics.set(series, { name, series, rule, labels: new Map([...(before?.labels ?? []), ...labelsBy(rule.resources, labels, known)]) });
  }
  return [...metrics.values()];
}

export interface Matcher {
  label: string;
  operator: '=' | '!=' | '=~' | '!~';
  value: string;
}

const matcherText = ({ label, operator, value }: Matcher): string => `${label}${operator}${JSON.stringify(value)}`;

/** The query of a rule: Go's template with `<<` and `>>`, of which rules use the fields. */
export function queryOf(
  { series, rule }: Pick<FoundMetric, 'series' | 'rule'>,
  matchers: readonly Matcher[],
  groupBy: readonly string[],
): string {
  const values: Record<string, string> = {
    Series: series,
    LabelMatchers: matchers.map(matcherText).join(','),
    GroupBy: groupBy.join(','),
    GroupBySlice: `[${groupBy.join(' ')}]`,
  };
  return rule.metricsQuery
    .replaceAll(
      /<<\s*index\s+\.LabelValuesByName\s+"([^"]*)"\s*>>/g,
      (_, label: string) => matchers.find((each) => each.label === label)?.value ?? '',
    )
    .replaceAll(/<<\s*\.(\w+)\s*>>/g, (_, field: string) => lookUp(values, field) ?? '');
}

/** RE2 takes these for what they are not. */
export const quoted = (name: string): string => name.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** One object, or one of several. */
export const oneOf = (label: string, names: readonly string[]): Matcher =>
  names.length === 1 ? { label, operator: '=', value: names[0]! } : { label, operator: '=~', value: names.map(quoted).join('|') };
