import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { volumeZone } from './volume-zone.ts';

const zone = 'topology.kubernetes.io/zone';
const nodes = [node('a', { labels: { [zone]: 'x' } }), node('b', { labels: { [zone]: 'y' } }), node('c')];
const elsewhere = 'node(s) had no available volume zone (unresolvable)';

it.each<[Record<string, string>, unknown]>([
  [{}, 'skip'],
  [{ [zone]: 'x' }, { a: 'fits', b: elsewhere, c: 'fits' }],
  [{ [zone]: 'x__y' }, { a: 'fits', b: 'fits', c: 'fits' }],
  [{ 'failure-domain.beta.kubernetes.io/zone': 'y' }, { a: elsewhere, b: 'fits', c: 'fits' }],
])('a volume with %j', (labels, want) => {
  const cluster = clusterOf(nodes, [], {
    persistentVolumeClaims: [{ metadata: { name: 'c', namespace: 'default' }, spec: { volumeName: 'v' } } as PersistentVolumeClaim],
    persistentVolumes: [{ metadata: { name: 'v', labels }, spec: {} } as PersistentVolume],
  });
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
  expect(verdicts(volumeZone, pod('p', { spec: { volumes } }), cluster)).toEqual(want);
});
