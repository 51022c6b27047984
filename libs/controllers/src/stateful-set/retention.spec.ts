import type { PersistentVolumeClaim, Pod, StatefulSet } from '#api/types';
import { pod } from '../testing/small-cluster.ts';
import { claim } from '../testing/volumes.ts';
import { lacksClaims, ownedAnew } from './retention.ts';

const setOf = (whenDeleted: string, whenScaled: string): StatefulSet =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default', uid: 'set' },
    spec: {
      replicas: 1,
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
      persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
    },
  }) as unknown as StatefulSet;
const podOf = (ordinal: number, phase = 'Running'): Pod => ({ ...pod(`web-${ordinal}`, {}, { uid: `pod-${ordinal}` }), status: { phase } });
const owner = (kind: string, name: string, uid: string): object => ({
  apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});
const bySet = owner('StatefulSet', 'web', 'set');
const byPod = (ordinal: number): object => owner('Pod', `web-${ordinal}`, `pod-${ordinal}`);
const stranger = owner('Widget', 'w', 'w');
const owned = (ordinal: number, ...ownerReferences: object[]): PersistentVolumeClaim =>
  claim(`data-web-${ordinal}`, {}, { metadata: { name: `data-web-${ordinal}`, ownerReferences: ownerReferences as never } });

describe('the owner of a claim', () => {
  it.each<[string, string, number, object[], object[] | undefined]>([
    ['Retain', 'Retain', 0, [], undefined],
    ['Retain', 'Retain', 0, [bySet], []],
    ['Retain', 'Retain', 1, [byPod(1)], []],
    ['Delete', 'Retain', 0, [], [bySet]],
    ['Delete', 'Retain', 0, [bySet], undefined],
    ['Delete', 'Retain', 1, [], [bySet]],
    ['Retain', 'Delete', 0, [], undefined],
    ['Retain', 'Delete', 1, [], [byPod(1)]],
    ['Retain', 'Delete', 0, [byPod(0)], []],
    ['Delete', 'Delete', 0, [], [bySet]],
    ['Delete', 'Delete', 1, [bySet], [byPod(1)]],
    ['Delete', 'Delete', 0, [stranger], undefined],
  ])('when deleted %s, when scaled %s: of ordinal %i with %j it is %j', (whenDeleted, ...[whenScaled, ordinal, present, want]) => {
    const of = owned(ordinal, ...present);
    const [anew] = ownedAnew(setOf(whenDeleted, whenScaled), [podOf(ordinal)], new Map([[of.metadata.name!, of]]));
    expect(anew?.metadata.ownerReferences).toEqual(want);
  });
});

it('a pod that waits without its claim gets it anew, one that runs does not', () => {
  const set = setOf('Retain', 'Retain');
  expect(lacksClaims(set, podOf(0, 'Pending'), new Map())).toBe(true);
  expect(lacksClaims(set, podOf(0, 'Pending'), new Map([['data-web-0', owned(0)]]))).toBe(false);
  expect(lacksClaims(set, podOf(0), new Map())).toBe(false);
});
