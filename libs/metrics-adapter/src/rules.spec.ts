import { parseAdapterConfig, type Rule } from './config.ts';
import { labelsBy, metricsBy, nameBy, oneOf, queryOf } from './rules.ts';

const ruleOf = (fields: string): Rule => parseAdapterConfig(`rules:\n- seriesQuery: 'x'\n  ${fields.replaceAll('\n', '\n  ')}`).rules[0]!;
const known = [
  { group: '', plural: 'pods', singular: 'pod' },
  { group: '', plural: 'namespaces', singular: 'namespace' },
  { group: 'networking.k8s.io', plural: 'ingresses', singular: 'ingress' },
];

// docs/config.md of prometheus-adapter.
describe('a rule', () => {
  it.each<[string, string, string, string | undefined]>([
    ['nothing', '', 'http_requests_total', 'http_requests_total'],
    ['one group', "name: {matches: '^(.*)_total$'}", 'http_requests_total', 'http_requests'],
    ['a pattern without groups', "name: {matches: 'http_.*'}", 'http_requests_total', 'http_requests_total'],
    ['another name', "name: {matches: '^(.*)_total$', as: '${1}_per_second'}", 'http_requests_total', 'http_requests_per_second'],
    ['a name of its own', "name: {matches: '^(?P<what>.*)_total$', as: 'my_${what}'}", 'rps_total', 'my_rps'],
    ['a pattern of others', "name: {matches: '^(.*)_total$'}", 'http_requests', undefined],
    ['a filter', "seriesFilters: [{isNot: '_total$'}]", 'http_requests_total', undefined],
    ['a filter that lets it through', "seriesFilters: [{is: '^http'}, {isNot: '^https'}]", 'http_requests_total', 'http_requests_total'],
  ])('names by %s', (_what, fields, series, want) => expect(nameBy(ruleOf(fields), series)).toBe(want));

  it.each<[string, string, Record<string, string>, Record<string, string>]>([
    [
      'overrides',
      'resources: {overrides: {kubernetes_namespace: {resource: namespace}, pod_name: {resource: pods}}}',
      { kubernetes_namespace: 'n', pod_name: 'p', other: 'x' },
      { namespaces: 'kubernetes_namespace', pods: 'pod_name' },
    ],
    [
      'a group',
      'resources: {overrides: {ing: {group: networking.k8s.io, resource: ingress}}}',
      { ing: 'i' },
      { 'ingresses.networking.k8s.io': 'ing' },
    ],
    [
      'a template',
      "resources: {template: 'kube_<<.Group>>_<<.Resource>>'}",
      { kube_networking_k8s_io_ingress: 'i', kube__pod: 'p' },
      { 'ingresses.networking.k8s.io': 'kube_networking_k8s_io_ingress', pods: 'kube__pod' },
    ],
    ['what nobody serves', 'resources: {overrides: {w: {resource: widgets}}}', { w: 'w' }, {}],
  ])('finds objects by %s', (_what, fields, labels, want) => {
    expect(Object.fromEntries(labelsBy(ruleOf(fields).resources, labels, known))).toEqual(want);
  });

  it('asks by series, matchers and groups', () => {
    const rule = ruleOf(
      'metricsQuery: \'sum(rate(<<.Series>>{<<.LabelMatchers>>,container!="POD"}[2m])) by (<<.GroupBy>>) / <<index .LabelValuesByName "namespace">>\'',
    );
    const matchers = [{ label: 'namespace', operator: '=', value: 'n' } as const, oneOf('pod', ['a', 'b.c'])];
    expect(queryOf({ series: 's', rule }, matchers, ['pod'])).toBe(
      'sum(rate(s{namespace="n",pod=~"a|b\\\\.c",container!="POD"}[2m])) by (pod) / n',
    );
  });

  it('makes one metric of all series of a name', () => {
    const rule = ruleOf('resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}');
    const found = metricsBy(
      rule,
      [
        { __name__: 'm', namespace: 'n' },
        { __name__: 'm', pod: 'p' },
      ],
      known,
    );
    expect(found).toMatchObject([{ name: 'm', series: 'm' }]);
    expect([...found[0]!.labels]).toEqual([
      ['namespaces', 'namespace'],
      ['pods', 'pod'],
    ]);
  });

  it.each([
    ['rules: 1', 'rules: must be a list'],
    ['rules: [{}]', 'rules[0].seriesQuery: must be a text'],
    ["rules: [{seriesQuery: x, name: {matches: '('}}]", 'rules[0].name.matches: Invalid regular expression'],
    ["rules: [{seriesQuery: x, name: {matches: '(a)(b)'}}]", 'rules[0].name.as: must be given, since matches has more than one group'],
    ['rules: [{seriesQuery: x, query: y}]', 'rules[0].query: there is no such field'],
    ['rules: [{seriesQuery: x, resources: {overrides: {pod: {}}}}]', 'rules[0].resources.overrides.pod.resource: must be a text'],
  ])('that is wrong is refused: %s', (text, message) => expect(() => parseAdapterConfig(text)).toThrow(message));
});
