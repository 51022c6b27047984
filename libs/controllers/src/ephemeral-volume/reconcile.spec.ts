import type { Pod } from '#api/types';
import { pod } from '../testing/small-cluster.ts';
import { claim } from '../testing/volumes.ts';
import { reconcile } from './reconcile.ts';

const template = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: claim('x').spec };
const of = (metadata: object = {}): Pod => {
  const made = pod('p', {}, { uid: 'p', ...metadata });
  return {
    ...made,
    spec: {
      ...made.spec,
      volumes: [
        { name: 'v', ephemeral: { volumeClaimTemplate: template } },
        { name: 'w', emptyDir: {} },
      ],
    },
  };
};
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true, blockOwnerDeletion: true };

describe('a pod with an ephemeral volume', () => {
  it('gets a claim of its own, which goes with it', () => {
    expect(reconcile({ pod: of(), claims: new Map() }).actions).toEqual([
      {
        do: 'createClaim',
        pod: of(),
        claim: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'p-v', namespace: 'default', ...template.metadata, ownerReferences: [owner] },
          spec: template.spec,
        },
      },
    ]);
  });

  it('gets none twice, none when it goes, and never another’s', () => {
    const own = claim('p-v', {}, { metadata: { name: 'p-v', ownerReferences: [owner] } });
    expect(reconcile({ pod: of(), claims: new Map([['p-v', own]]) }).actions).toEqual([]);
    expect(reconcile({ pod: of({ deletionTimestamp: 'x' }), claims: new Map() }).actions).toEqual([]);
    expect(reconcile({ pod: of(), claims: new Map([['p-v', claim('p-v')]]) }).actions).toMatchObject([
      { do: 'tell', message: 'ephemeral volume v: PVC default/p-v was not created for pod default/p (pod is not owner)' },
    ]);
  });
});
