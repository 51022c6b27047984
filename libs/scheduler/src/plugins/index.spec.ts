import type { Plugin } from '../contract.ts';
import { defaultProfile } from './index.ts';

const { preFilters, filters, scores } = defaultProfile;

/** kube-scheduler's default plugins (`getDefaultPlugins`), as far as what they decide on is served. Others may stand beside them. */
it('scores with the weights of the real scheduler', () => {
  expect(Object.fromEntries(scores.map(({ name, weight }) => [name, weight]))).toMatchObject({
    TaintToleration: 3,
    NodeAffinity: 2,
    PodTopologySpread: 2,
    InterPodAffinity: 2,
    NodeResourcesFit: 1,
    NodeResourcesBalancedAllocation: 1,
    ImageLocality: 1,
  });
});

it('tries a refused pod again when what could make it fit has happened', () => {
  const events = ({ requeueOn = [] }: Plugin): string =>
    requeueOn.map(({ resource, events: some }) => `${resource} ${some.join('/')}`).join(', ');
  expect(Object.fromEntries(filters.map((plugin) => [plugin.name, events(plugin)]))).toMatchObject({
    NodeUnschedulable: 'Node add/update',
    NodeName: 'Node add',
    VolumeRestrictions: 'Pod delete, Node add, PersistentVolumeClaim add',
    NodeVolumeLimits: 'CSINode add/update, Pod delete, PersistentVolumeClaim add, VolumeAttachment delete',
    VolumeBinding:
      'Node add/update, PersistentVolumeClaim add/update, PersistentVolume add/update, StorageClass add/update, CSINode add/update, ' +
      'CSIDriver update/delete, CSIStorageCapacity add/update',
    VolumeZone: 'Node add/update, PersistentVolumeClaim add/update, PersistentVolume add/update, StorageClass add',
    DynamicResources: '',
    TaintToleration: 'Node add/update',
    NodeAffinity: 'Node add/update',
    NodePorts: 'Pod delete/update, Node add',
    NodeResourcesFit: 'Pod delete/update, Node add/update',
    PodTopologySpread: 'Pod add/update/delete, Node add/update/delete',
    InterPodAffinity: 'Pod add/update/delete, Node add/update, Namespace add/update',
  });
});

it('prepares only what filters', () => {
  const filtering = new Set(filters.map(({ name }) => name));
  expect(preFilters.map(({ name }) => name).filter((name) => !filtering.has(name))).toEqual([]);
  expect(filtering.size).toBe(filters.length);
});
