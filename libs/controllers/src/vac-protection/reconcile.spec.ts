import type { VolumeAttributesClass } from '#api/types';
import { claim, volume } from '../testing/volumes.ts';
import { reconcile, type Seen } from './reconcile.ts';

const protection = 'kubernetes.io/vac-protection';
const gold = (metadata: object): VolumeAttributesClass =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    metadata: { name: 'gold', finalizers: [protection], ...metadata },
    driverName: 'x.example.com',
  }) as VolumeAttributesClass;
const going = gold({ deletionTimestamp: 'x' });

it.each<[string, Partial<Seen>, string[] | undefined]>([
  ['stays protected', { attributesClass: gold({}) }, undefined],
  ['is protected afterwards', { attributesClass: gold({ finalizers: [] }) }, [protection]],
  ['goes when nobody has it', { claims: [claim('c')], volumes: [volume('v')] }, []],
  ['stays for a claim that asks for it', { claims: [claim('c', { volumeAttributesClassName: 'gold' })] }, undefined],
  ['stays for a claim that has it', { claims: [claim('c', {}, { status: { currentVolumeAttributesClassName: 'gold' } })] }, undefined],
  ['stays for a volume that has it', { volumes: [volume('v', { volumeAttributesClassName: 'gold' })] }, undefined],
])('a class of attributes %s', (_name, seen, want) => {
  const [action] = reconcile({ attributesClass: going, claims: [], volumes: [], ...seen }).actions;
  expect(action?.object.metadata.finalizers).toEqual(want);
});
