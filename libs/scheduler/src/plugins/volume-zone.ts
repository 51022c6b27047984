import { lookUp } from '#base';
import { nodeLabels, oldNodeLabels } from '#objects';
import { type FilterPlugin, type PreFilterPlugin, success, unresolvable } from '../contract.ts';
import { claimNameOf, hasClaims } from '../volumes/pod-claims.ts';

const key = 'VolumeZone';
const { zone, region } = nodeLabels;
const zoneLabels: readonly string[] = [
  zone,
  region,
  ...Object.keys(oldNodeLabels).filter((old) => [zone, region].includes(lookUp(oldNodeLabels, old) as never)),
];

/** Label of a volume → the zones that it lies in. */
type Zones = readonly (readonly [string, ReadonlySet<string>])[];

/** Volumes from before there was a node affinity say by labels which zones they are in: `a__b` is both. */
export const volumeZone: PreFilterPlugin & FilterPlugin = {
  name: key,
  requeueOn: [
    { resource: 'Node', events: ['add', 'update'] },
    { resource: 'PersistentVolumeClaim', events: ['add', 'update'] },
    { resource: 'PersistentVolume', events: ['add', 'update'] },
    { resource: 'StorageClass', events: ['add'] },
  ],
  preFilter(state, pod, { storage }) {
    if (!hasClaims(pod)) return 'skip';
    const zones: Zones = (pod.pod.spec.volumes ?? []).flatMap((volume) => {
      const claim = storage.claim(pod.namespace, claimNameOf(pod.pod, volume) ?? '');
      const labels = claim?.spec.volumeName ? storage.volume(claim.spec.volumeName)?.metadata.labels : undefined;
      return zoneLabels.flatMap((label) => {
        const value = lookUp(labels ?? {}, label);
        return value === undefined ? [] : [[label, new Set(value.split('__'))] as const];
      });
    });
    if (zones.length === 0) return 'skip';
    state.set(key, zones);
    return undefined;
  },
  filter(state, _pod, { labels }) {
    // A node that says nothing of zones is in all of them.
    if (!zoneLabels.some((label) => lookUp(labels, label) !== undefined)) return success;
    const fits = (state.get(key) as Zones).every(([label, values]) => {
      const here = lookUp(labels, label) ?? lookUp(labels, lookUp(oldNodeLabels, label) ?? '');
      return here !== undefined && values.has(here);
    });
    return fits ? success : unresolvable('node(s) had no available volume zone');
  },
};
