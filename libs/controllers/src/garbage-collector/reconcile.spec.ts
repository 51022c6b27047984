import type { OwnerReference } from '#api';
import type { GraphNode } from './graph.ts';
import { type OwnerState, reconcile } from './reconcile.ts';

const kind = {
  gvk: { group: '', version: 'v1', kind: 'Thing' },
  resource: { group: '', version: 'v1', resource: 'things' },
  namespaced: true,
};
const ref = (uid: string, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'Thing',
  name: uid,
  uid,
  blockOwnerDeletion,
});
const thing = (uid: string, rest: Partial<GraphNode> = {}): GraphNode => ({
  kind,
  uid,
  namespace: 'default',
  name: uid,
  resourceVersion: '1',
  owners: [],
  finalizers: [],
  deleting: false,
  ...rest,
});

const foreground = { deleting: true, finalizers: ['foregroundDeletion', 'x'] };
const orphaning = { deleting: true, finalizers: ['orphan'] };
const child = (uid: string, blocks = true, rest: Partial<GraphNode> = {}) => thing(uid, { owners: [ref('me', blocks)], ...rest });

function does(node: GraphNode, dependents: GraphNode[] = [], owners: Record<string, OwnerState> = {}): string[] {
  const states = Object.entries(owners).map(([uid, state]) => ({ reference: ref(uid), state }));
  const { actions, enqueue = [] } = reconcile({ node, dependents, owners: states });
  const told = actions.map((action) => {
    switch (action.do) {
      case 'delete':
        return `delete ${action.node.uid} ${action.propagationPolicy}`;
      case 'dropOwners':
        return `drop ${action.uids.join()} from ${action.node.uid}`;
      case 'dropFinalizer':
        return `finish ${action.finalizer}`;
      default:
        return `${action.do} ${action.node.uid}`;
    }
  });
  return [...enqueue.map(({ name }) => `lookAt ${name}`), ...told];
}

describe('garbage collection', () => {
  it.each<[string, GraphNode, [GraphNode[], Record<string, OwnerState>], string[]]>([
    ['leaves alone what nobody owns', thing('me'), [[], {}], []],
    ['leaves alone what somebody owns', thing('me'), [[], { a: 'present' }], []],
    ['deletes what all owners have left', thing('me'), [[], { a: 'absent', b: 'absent' }], ['delete me Background']],
    ['drops references to owners that are gone while one stays', thing('me'), [[], { a: 'absent', b: 'present' }], ['drop a from me']],
    ['touches nothing whose owners nobody can find', thing('me'), [[], { a: 'unresolvable', b: 'absent', c: 'present' }], []],
    ['keeps the policy that the object asks for', thing('me', { finalizers: ['orphan'] }), [[], { a: 'absent' }], ['delete me Orphan']],
    ['deletes in the foreground below an owner that waits', thing('me'), [[child('c')], { a: 'waiting' }], ['delete me Foreground']],
    ['deletes a leaf below an owner that waits', thing('me'), [[], { a: 'waiting' }], ['delete me Background']],
    [
      'breaks a circle of owners that wait',
      thing('me'),
      [[child('c', true, foreground)], { c: 'waiting' }],
      ['unblockOwners me', 'delete me Foreground'],
    ],
    ['waits for dependents that block', thing('me', foreground), [[child('c')], {}], ['lookAt c']],
    [
      'does not wait for those that do not block',
      thing('me', foreground),
      [[child('c', false)], {}],
      ['lookAt c', 'finish foregroundDeletion'],
    ],
    [
      'does not wait for those that mean another by its uid',
      thing('me', foreground),
      [[child('c', true, { namespace: 'other' }), thing('d', { owners: [{ ...ref('me'), name: 'other' }] })], {}],
      ['lookAt c', 'lookAt d', 'finish foregroundDeletion'],
    ],
    ['goes when no dependent is left', thing('me', foreground), [[], {}], ['finish foregroundDeletion']],
    ['lets go of dependents when asked to orphan', thing('me', orphaning), [[child('c')], {}], ['drop me from c', 'finish orphan']],
    ['leaves alone what goes already', thing('me', { deleting: true }), [[], { a: 'absent' }], []],
  ])('%s', (_case, node, [dependents, owners], want) => {
    expect(does(node, dependents, owners)).toEqual(want);
  });
});
