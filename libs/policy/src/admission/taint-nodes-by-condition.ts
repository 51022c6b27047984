import type { AdmissionPlugin } from '#api-server/contract';
import type { Node } from '#api/types';
import { taintKeys } from '#objects';
import { isNode } from './refuse.ts';

const key = taintKeys.notReady;

/** A new node takes no pods before the node controller has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: (verb, resource, subresource) => verb === 'create' && isNode(resource) && subresource === '',
  mutate({ object }) {
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule')) return node;
    return { ...node, spec: { ...node.spec, taints: [...taints, { key, effect: 'NoSchedule' }] } };
  },
};
