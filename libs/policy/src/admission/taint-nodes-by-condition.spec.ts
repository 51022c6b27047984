import type { Node } from '#api/types';
import { admit, named } from '../testing/admission.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

describe('TaintNodesByCondition', () => {
  it('taints a new node once', async () => {
    const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    const given = { resource: 'nodes', object: named('Node', 'n', { spec: {} }) };
    const tainted = (await admit(taintNodesByCondition, given)) as Node;
    expect(tainted.spec?.taints).toEqual([taint]);
    expect(await admit(taintNodesByCondition, { ...given, object: tainted })).toEqual(tainted);
  });

  it('keeps the taints that the node came with, and taints no update', async () => {
    const own = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
    const object = named('Node', 'n', { spec: { taints: [own] } });
    const tainted = (await admit(taintNodesByCondition, { resource: 'nodes', object })) as Node;
    expect(tainted.spec?.taints).toEqual([own, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
    expect(await admit(taintNodesByCondition, { resource: 'nodes', verb: 'update', object })).toBe(object);
  });
});
