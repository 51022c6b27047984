import {
  type ClusterEvent,
  type FilterPlugin,
  type PreFilterPlugin,
  type ReservePlugin,
  type Storage,
  success,
  unresolvable,
  type VolumePlan,
} from '../contract.ts';
import { claimsOf, hasClaims, type PodClaims } from '../volumes/pod-claims.ts';
import { planVolumes } from '../volumes/volume-plan.ts';

interface Kept {
  claims: PodClaims;
  storage: Storage;
  plans: Map<string, VolumePlan>;
}

const key = 'VolumeBinding';
const all = ['add', 'update'] as const;
const requeueOn: readonly ClusterEvent[] = [
  { resource: 'Node', events: all },
  { resource: 'PersistentVolumeClaim', events: all },
  { resource: 'PersistentVolume', events: all },
  { resource: 'StorageClass', events: all },
  { resource: 'CSINode', events: all },
  { resource: 'CSIDriver', events: ['update', 'delete'] },
  { resource: 'CSIStorageCapacity', events: all },
];

/** A pod runs where its volumes are, or can be made; it waits for claims that wait for nobody ("Volume Binding Mode"). */
export const volumeBinding: PreFilterPlugin & FilterPlugin & ReservePlugin = {
  name: 'VolumeBinding',
  requeueOn,
  preFilter(state, pod, { storage }) {
    if (!hasClaims(pod)) return 'skip';
    const claims = claimsOf(pod, storage);
    if ('why' in claims) return unresolvable(claims.why);
    state.set(key, { claims, storage, plans: new Map() } satisfies Kept);
    return undefined;
  },
  filter(state, _pod, node) {
    const { claims, storage, plans } = state.get(key) as Kept;
    const plan = planVolumes(claims, node, storage);
    if ('refused' in plan) return unresolvable(plan.refused);
    plans.set(node.name, plan);
    return success;
  },
  reserve: (state, node) => (state.get(key) as Kept | undefined)?.plans.get(node),
};
