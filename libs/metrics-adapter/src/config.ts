import { parseYaml } from '#api';

/** The configuration file of prometheus-adapter (docs/config.md there): what is found, what it belongs to, what it is called, how it is asked for. */
export interface AdapterConfig {
  rules: readonly Rule[];
  externalRules: readonly Rule[];
}

export interface Rule {
  seriesQuery: string;
  seriesFilters: readonly { is?: RegExp; isNot?: RegExp }[];
  resources: ResourceMapping;
  name: { matches: RegExp; as: string };
  metricsQuery: string;
}

export interface ResourceMapping {
  /** A label's name made of group and resource: `kube_<<.Group>>_<<.Resource>>`. */
  template?: string;
  /** By label. */
  overrides: ReadonlyMap<string, { group: string; resource: string }>;
  /** Of external metrics: whether they belong to a namespace. */
  namespaced: boolean;
}

type Fields = Record<string, unknown>;

/** Throws Error, which names the field that is wrong. */
export function parseAdapterConfig(text: string): AdapterConfig {
  const { rules, externalRules } = fields(parseYaml(Buffer.from(text)).value ?? {}, '');
  return { rules: list(rules, 'rules').map(ruleOf), externalRules: list(externalRules, 'externalRules').map(ruleOf) };
}

function ruleOf(value: unknown, at: string): Rule {
  const { seriesQuery, seriesFilters, resources, name, metricsQuery, ...others } = fields(value, at);
  const [unknown] = Object.keys(others);
  if (unknown) throw new Error(`${at}.${unknown}: there is no such field`);
  return {
    seriesQuery: text(seriesQuery, `${at}.seriesQuery`),
    seriesFilters: list(seriesFilters, `${at}.seriesFilters`).map((filter, where) => {
      const { is, isNot } = fields(filter, where);
      return {
        ...(is !== undefined && { is: pattern(is, `${where}.is`) }),
        ...(isNot !== undefined && { isNot: pattern(isNot, `${where}.isNot`) }),
      };
    }),
    resources: mappingOf(resources ?? {}, `${at}.resources`),
    name: namingOf(name ?? {}, `${at}.name`),
    metricsQuery:
      metricsQuery === undefined ? 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)' : text(metricsQuery, `${at}.metricsQuery`),
  };
}

function mappingOf(value: unknown, at: string): ResourceMapping {
  const { template, overrides, namespaced } = fields(value, at);
  const entries = Object.entries(fields(overrides ?? {}, `${at}.overrides`)).map(([label, of]) => {
    const { group, resource } = fields(of, `${at}.overrides.${label}`);
    const named = {
      group: group === undefined ? '' : text(group, `${at}.overrides.${label}.group`),
      resource: text(resource, `${at}.overrides.${label}.resource`),
    };
    return [label, named] as const;
  });
  return {
    ...(template !== undefined && { template: text(template, `${at}.template`) }),
    overrides: new Map(entries),
    namespaced: namespaced !== false,
  };
}

/** Without `as`, the one group of the pattern is the name, or the whole where it has none. */
function namingOf(value: unknown, at: string): Rule['name'] {
  const { matches, as } = fields(value, at);
  const expression = matches === undefined || matches === '' ? /^.*$/ : pattern(matches, `${at}.matches`);
  if (as !== undefined && as !== '') return { matches: expression, as: text(as, `${at}.as`) };
  const groups = new RegExp(`${expression.source}|`).exec('')!.length - 1;
  if (groups > 1) throw new Error(`${at}.as: must be given, since matches has more than one group`);
  return { matches: expression, as: groups === 1 ? '$1' : '$0' };
}

function fields(value: unknown, at: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${at || 'the configuration'}: must be an object`);
}

function list(value: unknown, at: string): { map<T>(each: (item: unknown, at: string) => T): T[] } {
  if (value !== undefined && value !== null && !Array.isArray(value)) throw new Error(`${at}: must be a list`);
  const items = (value ?? []) as unknown[];
  return { map: (each) => items.map((item, i) => each(item, `${at}[${i}]`)) };
}

function text(value: unknown, at: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${at}: must be a text`);
}

/** Go's named groups are written otherwise. */
function pattern(value: unknown, at: string): RegExp {
  try {
    return new RegExp(text(value, at).replaceAll('(?P<', '(?<'));
  } catch (err) {
    throw new Error(`${at}: ${(err as Error).message}`, { cause: err });
  }
}
