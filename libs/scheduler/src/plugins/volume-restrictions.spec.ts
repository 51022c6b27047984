import type { PersistentVolumeClaim, Volume } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { volumeRestrictions } from './volume-restrictions.ts';

const claim = (name: string, ...accessModes: string[]): PersistentVolumeClaim =>
  ({ metadata: { name, namespace: 'default' }, spec: { accessModes } }) as PersistentVolumeClaim;
const mount = (claimName: string): Volume => ({ name: 'v', persistentVolumeClaim: { claimName } });
const iscsi = (readOnly: boolean): Volume => ({ name: 'v', iscsi: { iqn: 'iqn.a', targetPortal: 'p', lun: 0, readOnly } });
const exclusive = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

it.each<[string, Volume, Volume, Record<string, string> | 'skip']>([
  ['a claim for one pod is used by one', mount('one'), mount('one'), { a: exclusive, b: 'fits' }],
  ['a claim for one pod is used by none else', mount('one'), mount('other'), { a: 'fits', b: 'fits' }],
  ['a claim for one node is used by many', mount('shared'), mount('shared'), 'skip'],
  ['no disk is written by two', iscsi(false), iscsi(true), { a: 'node(s) had no available disk', b: 'fits' }],
  ['a disk is read by many', iscsi(true), iscsi(true), { a: 'fits', b: 'fits' }],
])('%s', (_name, wanted, there, want) => {
  const running = [pod('q', { nodeName: 'a', spec: { volumes: [there] } })];
  const persistentVolumeClaims = [claim('one', 'ReadWriteOncePod'), claim('shared', 'ReadWriteOnce')];
  const cluster = clusterOf([node('a'), node('b')], running, { persistentVolumeClaims });
  expect(verdicts(volumeRestrictions, pod('p', { spec: { volumes: [wanted] } }), cluster)).toEqual(want);
});
