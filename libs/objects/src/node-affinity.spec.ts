import type { NodeSelectorRequirement, PodSpec } from '#api/types';
import { nodePreference, nodeSelectorMatches, wantsNode } from './node-affinity.ts';

const node = { name: 'n1', labels: { zone: 'a', cores: '10', odd: '1.5', blank: '' } };
const expression = (key: string, operator: string, ...values: string[]): NodeSelectorRequirement =>
  ({ key, operator, ...(values.length > 0 && { values }) }) as NodeSelectorRequirement;
const name = (operator: string, ...values: string[]): NodeSelectorRequirement => expression('metadata.name', operator, ...values);

describe('a requirement of a node', () => {
  it.each<[NodeSelectorRequirement, boolean]>([
    [expression('zone', 'In', 'b', 'a'), true],
    [expression('zone', 'In', 'b'), false],
    [expression('none', 'In', 'b'), false],
    [expression('zone', 'NotIn', 'b'), true],
    [expression('zone', 'NotIn', 'a'), false],
    [expression('none', 'NotIn', 'a'), true],
    [expression('blank', 'Exists'), true],
    [expression('none', 'Exists'), false],
    [expression('none', 'DoesNotExist'), true],
    [expression('zone', 'DoesNotExist'), false],
    [expression('cores', 'Gt', '9'), true],
    [expression('cores', 'Gt', '10'), false],
    [expression('cores', 'Lt', '11'), true],
    [expression('cores', 'Lt', '9223372036854775807'), true],
    [expression('cores', 'Lt', '9223372036854775808'), false],
    [expression('odd', 'Gt', '1'), false],
    [expression('blank', 'Lt', '5'), false],
    [expression('cores', 'Gt', '1e0'), false],
    [expression('constructor', 'Exists'), false],
    [expression('zone', 'Is', 'a'), false],
  ])('%j: %s', (requirement, want) => {
    expect(nodeSelectorMatches({ nodeSelectorTerms: [{ matchExpressions: [requirement] }] }, node)).toBe(want);
  });

  it.each<[NodeSelectorRequirement, boolean]>([
    [name('In', 'n1'), true],
    [name('In', 'n2'), false],
    [name('NotIn', 'n1'), false],
    [expression('metadata.uid', 'In', 'n1'), false],
  ])('field %j: %s', (requirement, want) => {
    expect(nodeSelectorMatches({ nodeSelectorTerms: [{ matchFields: [requirement] }] }, node)).toBe(want);
  });
});

describe('the terms of a selector', () => {
  const here = { matchExpressions: [expression('zone', 'In', 'a')] };
  const elsewhere = { matchExpressions: [expression('zone', 'In', 'b')] };
  it.each([
    ['one is enough', [elsewhere, here], true],
    ['all of one must hold', [{ matchExpressions: [...here.matchExpressions, ...elsewhere.matchExpressions] }], false],
    ['labels and fields must hold', [{ ...here, matchFields: [name('In', 'n2')] }], false],
    ['an empty one selects nothing', [{}], false],
    ['none selects nothing', [], false],
  ])('%s', (_rule, nodeSelectorTerms, want) => expect(nodeSelectorMatches({ nodeSelectorTerms }, node)).toBe(want));

  const required = (term: object): PodSpec['affinity'] => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  });
  it.each<[string, Pick<PodSpec, 'nodeSelector' | 'affinity'>, boolean]>([
    ['that says nothing', {}, true],
    ['whose selector holds', { nodeSelector: { zone: 'a' } }, true],
    ['whose selector does not hold', { nodeSelector: { zone: 'a', other: '' } }, false],
    ['whose affinity holds', { affinity: required(here) }, true],
    ['of whose two demands one fails', { nodeSelector: { zone: 'a' }, affinity: required(elsewhere) }, false],
  ])('a pod %s', (_pod, spec, want) => expect(wantsNode(spec, node)).toBe(want));

  it('that prefer the node add their weights', () => {
    const preferred = [
      { weight: 5, preference: here },
      { weight: 7, preference: elsewhere },
      { weight: 20, preference: here },
    ];
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
    expect([nodePreference({ affinity }, node), nodePreference({}, node)]).toEqual([25, 0]);
  });
});
