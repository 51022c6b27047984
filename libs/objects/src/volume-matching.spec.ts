import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec } from '#api/types';
import { findVolume, isKeptFor, volumeMismatch, type Wanted } from './volume-matching.ts';

const volume = (name: string, spec: Partial<PersistentVolumeSpec> = {}, rest: object = {}): PersistentVolume =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { name } },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', ...spec },
    status: { phase: 'Available' },
    ...rest,
  }) as PersistentVolume;
const claim = (spec: Partial<PersistentVolumeClaimSpec> = {}): PersistentVolumeClaim =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c', namespace: 'n', uid: 'u' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }) as PersistentVolumeClaim;
const affinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'h', operator: 'In', values: ['a'] }] }] } };
const [a, b] = ['a', 'b'].map((h) => ({ name: h, labels: { h } })) as unknown as [Wanted['node'], Wanted['node']];

describe('whether a volume is what a claim asks for', () => {
  it.each<[Partial<PersistentVolumeSpec>, Partial<PersistentVolumeClaimSpec>, string | undefined]>([
    [{}, {}, undefined],
    [{ accessModes: ['ReadWriteMany', 'ReadWriteOnce'] }, {}, undefined],
    [{ capacity: { storage: '1023Mi' } }, {}, 'requested PV is too small'],
    [{ storageClassName: 'fast' }, {}, 'storageClassName does not match'],
    [{}, { storageClassName: 'fast' }, 'storageClassName does not match'],
    [{ volumeMode: 'Block' }, {}, 'incompatible volumeMode'],
    [{}, { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }, 'incompatible accessMode'],
    [{}, { volumeAttributesClassName: 'gold' }, 'volumeAttributesClassName does not match'],
  ])('%j for %j: %s', (of, wanted, want) => expect(volumeMismatch(volume('v', of), claim(wanted))).toBe(want));
});

describe('the volume for a claim', () => {
  const mine = { namespace: 'n', name: 'c' };
  it.each<[string, PersistentVolume[], string | undefined, (Partial<PersistentVolumeClaimSpec> | undefined)?, Wanted?]>([
    ['is none of none', [], undefined],
    ['is the smallest', [volume('big', { capacity: { storage: '3Gi' } }), volume('fit', { capacity: { storage: '2Gi' } })], 'fit'],
    [
      'can do least beside',
      [volume('more', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), volume('fit', { capacity: { storage: '9Gi' } })],
      'fit',
    ],
    ['is the first by name of equals', [volume('z'), volume('y')], 'y'],
    ['is large enough', [volume('v', { capacity: { storage: '1M' } })], undefined],
    ['has the labels that are asked for', [volume('x'), volume('y')], 'y', { selector: { matchLabels: { name: 'y' } } }],
    [
      'is free',
      [volume('v', {}, { status: { phase: 'Released' } }), volume('w', { claimRef: { namespace: 'n', name: 'other' } })],
      undefined,
    ],
    ['stays', [volume('v', {}, { metadata: { name: 'v', deletionTimestamp: 'x' } })], undefined],
    ['is the one that is kept for it', [volume('v'), volume('kept', { claimRef: mine, capacity: { storage: '5Gi' } })], 'kept'],
    ['is not kept for one that went', [volume('kept', { claimRef: { ...mine, uid: 'old' } })], undefined],
    ['is not too small, though it is kept for it', [volume('kept', { claimRef: mine, capacity: { storage: '1Mi' } })], undefined],
    ['waits for a consumer', [volume('v')], undefined, {}, { delayed: true }],
    ['does not wait where it is kept for it', [volume('kept', { claimRef: mine })], 'kept', {}, { delayed: true }],
    ['is on the node', [volume('v', { nodeAffinity: affinity })], 'v', {}, { delayed: true, node: a }],
    ['is not on another', [volume('v', { nodeAffinity: affinity })], undefined, {}, { delayed: true, node: b }],
    ['is not on another, though it is kept for it', [volume('v', { nodeAffinity: affinity, claimRef: mine })], undefined, {}, { node: b }],
    ['is not taken by another claim', [volume('v'), volume('w')], 'w', {}, { taken: new Set(['v']) }],
  ])('%s', (_name, ...[volumes, want, spec, how]) => {
    expect(findVolume(claim(spec), volumes, how)?.metadata.name).toBe(want);
  });

  it('is kept for a claim of its name, and of its uid where it has one', () => {
    expect(
      [{}, { ...mine }, { ...mine, uid: 'u' }, { ...mine, uid: 'x' }].map((claimRef) => isKeptFor(volume('v', { claimRef }), claim())),
    ).toEqual([false, true, true, false]);
  });
});
