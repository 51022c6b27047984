import type { NodeSelectorRequirement, NodeSelectorTerm } from '#api/types';
import { clusterOf, node, pod, scores, verdicts } from '../testing.ts';
import { nodeAffinity } from './node-affinity.ts';

const refused = "node(s) didn't match Pod's node affinity/selector (unresolvable)";
const cluster = clusterOf([node('a', { labels: { disk: 'ssd', cores: '8' } }), node('b', { labels: { disk: 'hdd' } }), node('c')]);
const fits = (...names: string[]) => Object.fromEntries(['a', 'b', 'c'].map((name) => [name, names.includes(name) ? 'fits' : refused]));
const requiring = (...nodeSelectorTerms: NodeSelectorTerm[]) =>
  pod('p', { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } } });
const expression = (key: string, operator: string, ...values: string[]): NodeSelectorRequirement => ({ key, operator, values });

describe('spec.nodeSelector', () => {
  it.each<{ name: string; nodeSelector: Record<string, string>; want: string[] }>([
    { name: 'selects by value', nodeSelector: { disk: 'ssd' }, want: ['a'] },
    { name: 'wants every label', nodeSelector: { disk: 'ssd', cores: '4' }, want: [] },
    { name: 'does not find what every object has', nodeSelector: { constructor: '' }, want: [] },
    { name: 'selects everything when it is empty', nodeSelector: {}, want: ['a', 'b', 'c'] },
  ])('$name', ({ nodeSelector, want }) => {
    expect(verdicts(nodeAffinity, pod('p', { spec: { nodeSelector } }), cluster)).toEqual(fits(...want));
  });
});

describe('a required term', () => {
  it.each<{ name: string; terms: NodeSelectorTerm[]; want: string[] }>([
    { name: 'In', terms: [{ matchExpressions: [expression('disk', 'In', 'ssd', 'nvme')] }], want: ['a'] },
    { name: 'NotIn, which holds without the label', terms: [{ matchExpressions: [expression('disk', 'NotIn', 'ssd')] }], want: ['b', 'c'] },
    { name: 'Exists', terms: [{ matchExpressions: [expression('disk', 'Exists')] }], want: ['a', 'b'] },
    { name: 'DoesNotExist', terms: [{ matchExpressions: [expression('disk', 'DoesNotExist')] }], want: ['c'] },
    { name: 'Gt', terms: [{ matchExpressions: [expression('cores', 'Gt', '7')] }], want: ['a'] },
    { name: 'Gt is not for equals', terms: [{ matchExpressions: [expression('cores', 'Gt', '8')] }], want: [] },
    { name: 'Lt', terms: [{ matchExpressions: [expression('cores', 'Lt', '9')] }], want: ['a'] },
    { name: 'Lt is not for equals', terms: [{ matchExpressions: [expression('cores', 'Lt', '8')] }], want: [] },
    { name: 'Lt is not for what is no number', terms: [{ matchExpressions: [expression('disk', 'Lt', '9')] }], want: [] },
    { name: 'an operator that nobody knows', terms: [{ matchExpressions: [expression('disk', 'Like', 'ssd')] }], want: [] },
    { name: 'the name of the node', terms: [{ matchFields: [expression('metadata.name', 'In', 'c')] }], want: ['c'] },
    { name: 'no other field', terms: [{ matchFields: [expression('metadata.uid', 'NotIn', 'c')] }], want: [] },
    {
      name: 'all of it holds',
      terms: [{ matchExpressions: [expression('disk', 'Exists')], matchFields: [expression('metadata.name', 'NotIn', 'a')] }],
      want: ['b'],
    },
    {
      name: 'one of several',
      terms: [{ matchExpressions: [expression('disk', 'In', 'ssd')] }, { matchFields: [expression('metadata.name', 'In', 'c')] }],
      want: ['a', 'c'],
    },
    { name: 'an empty one selects nothing', terms: [{}], want: [] },
  ])('$name', ({ terms, want }) => expect(verdicts(nodeAffinity, requiring(...terms), cluster)).toEqual(fits(...want)));

  it('holds beside the node selector', () => {
    const incoming = requiring({ matchExpressions: [expression('disk', 'Exists')] });
    incoming.spec!.nodeSelector = { cores: '8' };
    expect(verdicts(nodeAffinity, incoming, cluster)).toEqual(fits('a'));
  });
});

describe('preferred terms', () => {
  const preferring = (...terms: [weight: number, ...NodeSelectorRequirement[]][]) => {
    const preferred = terms.map(([weight, ...matchExpressions]) => ({ weight, preference: { matchExpressions } }));
    return pod('p', { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } } });
  };

  it('add up their weights', () => {
    const incoming = preferring([30, expression('disk', 'Exists')], [10, expression('disk', 'In', 'ssd')]);
    expect(scores(nodeAffinity, incoming, cluster)).toEqual({ a: 100, b: 75, c: 0 });
  });

  it('are no opinion when there are none', () => expect(scores(nodeAffinity, pod('p'), cluster)).toBe('skip'));
});
