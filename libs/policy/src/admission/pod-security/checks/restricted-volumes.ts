import { type Check, plural, quoted, sorted } from '../check.ts';

const allowed = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const restricted = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
];

export const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  level: 'restricted',
  versions: [
    {
      since: 0,
      overrides: ['hostPathVolumes'],
      check({ spec }) {
        const bad = (spec.volumes ?? []).filter((volume) => !allowed.some((type) => Object.hasOwn(volume, type)));
        if (bad.length === 0) return undefined;
        const types = sorted(bad.map((volume) => restricted.find((type) => Object.hasOwn(volume, type)) ?? 'unknown'));
        const names = `${plural(bad.length, 'volume')} ${quoted(bad.map(({ name }) => name))}`;
        const use = plural(bad.length, 'uses', 'use');
        return {
          reason: 'restricted volume types',
          detail: `${names} ${use} ${plural(types.length, 'restricted volume type')} ${quoted(types)}`,
        };
      },
    },
  ],
};
