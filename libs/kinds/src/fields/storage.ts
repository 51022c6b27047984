import type { Example, FieldTable } from './field-states.ts';

const withoutPlugin = (name: string, source: object): Record<string, Example> => ({
  [name]: {
    kind: 'PersistentVolume',
    spec: { hostPath: undefined, [name]: source },
    says: `spec.${name}: no node of this cluster has a plugin`,
  },
});
const retired = (name: string, source: object): Record<string, Example> => ({
  [name]: { kind: 'PersistentVolume', spec: { hostPath: undefined, [name]: source }, says: `spec.${name}: deprecated in` },
});

/** Volumes, claims and the classes of both. */
export const storageFields: FieldTable = {
  'core.v1.PersistentVolume': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/volume-binder/reconcile.ts': 'spec status',
    },
  },
  'core.v1.PersistentVolumeSpec': {
    done: {
      'libs/objects/src/volume-matching.ts': 'capacity accessModes claimRef volumeMode nodeAffinity volumeAttributesClassName',
      'libs/objects/src/storage.ts': 'storageClassName',
      'libs/controllers/src/volume-binder/reconcile.ts': 'persistentVolumeReclaimPolicy',
      'libs/agent/src/volumes/sources/index.ts': 'csi hostPath iscsi local nfs',
      'libs/agent/src/volumes/claims.ts': 'mountOptions',
    },
    warned: {
      ...withoutPlugin('fc', { wwids: ['w'] }),
      ...withoutPlugin('gcePersistentDisk', { pdName: 'd' }),
      ...withoutPlugin('awsElasticBlockStore', { volumeID: 'd' }),
      ...withoutPlugin('azureDisk', { diskName: 'd', diskURI: 'https://d' }),
      ...withoutPlugin('azureFile', { secretName: 's', shareName: 's' }),
      ...withoutPlugin('cinder', { volumeID: 'd' }),
      ...withoutPlugin('flexVolume', { driver: 'd' }),
      ...withoutPlugin('vsphereVolume', { volumePath: 'd' }),
      ...withoutPlugin('portworxVolume', { volumeID: 'd' }),
      ...retired('glusterfs', { endpoints: 'e', path: 'p' }),
      ...retired('rbd', { monitors: ['m'], image: 'i' }),
      ...retired('cephfs', { monitors: ['m'] }),
      ...retired('flocker', { datasetName: 'd' }),
      ...retired('quobyte', { registry: 'r:1', volume: 'v' }),
      ...retired('photonPersistentDisk', { pdID: 'd' }),
      ...retired('scaleIO', { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name: 's' } }),
      ...retired('storageos', { volumeName: 'v' }),
    },
  },
  'core.v1.LocalVolumeSource': {
    done: {
      'libs/agent/src/volumes/sources/local.ts': 'path fsType',
    },
  },
  'core.v1.ISCSIPersistentVolumeSource': {
    done: {
      'libs/agent/src/volumes/sources/iscsi.ts':
        'targetPortal iqn lun iscsiInterface fsType portals chapAuthDiscovery chapAuthSession secretRef initiatorName',
      'libs/agent/src/volumes/claims.ts': 'readOnly',
    },
  },
  'core.v1.CSIPersistentVolumeSource': {
    done: {
      'libs/agent/src/volumes/sources/csi.ts':
        'driver volumeHandle fsType volumeAttributes nodeStageSecretRef nodePublishSecretRef nodeExpandSecretRef',
      'libs/agent/src/volumes/claims.ts': 'readOnly',
      // The sidecars of drivers read these, and nobody else.
      'docs/adr/0019-csi-drivers-bring-their-controllers.md': 'controllerPublishSecretRef controllerExpandSecretRef',
    },
  },
  'core.v1.SecretReference': {
    done: {
      'libs/agent/src/csi/csi-requests.ts': 'name namespace',
    },
  },
  'core.v1.VolumeNodeAffinity': {
    done: {
      'libs/objects/src/volume-matching.ts': 'required',
    },
  },
  'core.v1.PersistentVolumeStatus': {
    done: {
      'libs/controllers/src/claim-binder/binding.ts': 'phase message lastPhaseTransitionTime',
    },
    unwritten: {
      reason: 'upstream writes none',
    },
  },
  'core.v1.PersistentVolumeClaim': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/claim-binder/reconcile.ts': 'spec status',
    },
  },
  'core.v1.PersistentVolumeClaimSpec': {
    done: {
      'libs/objects/src/volume-matching.ts': 'accessModes selector resources volumeMode volumeAttributesClassName',
      'libs/controllers/src/claim-binder/reconcile.ts': 'volumeName storageClassName',
      'libs/controllers/src/claim-binder/provision.ts': 'dataSource dataSourceRef',
    },
  },
  'core.v1.VolumeResourceRequirements': {
    done: {
      'libs/objects/src/volume-matching.ts': 'requests',
    },
    warned: {
      limits: {
        kind: 'PersistentVolumeClaim',
        spec: { resources: { requests: { storage: '1' }, limits: { storage: '2' } } },
        says: 'spec.resources.limits: has no effect',
      },
    },
  },
  'core.v1.TypedLocalObjectReference': {
    done: {
      'libs/kinds/src/core/persistent-volume-claim/spec.ts': 'apiGroup kind name',
    },
  },
  'core.v1.TypedObjectReference': {
    done: {
      'libs/kinds/src/core/persistent-volume-claim/spec.ts': 'apiGroup kind name',
      'libs/kinds/src/core/persistent-volume-claim/strategy.ts': 'namespace',
    },
  },
  'core.v1.PersistentVolumeClaimStatus': {
    done: {
      'libs/controllers/src/claim-binder/binding.ts': 'phase accessModes capacity currentVolumeAttributesClassName',
      'libs/controllers/src/volume-expand/reconcile.ts': 'conditions allocatedResources allocatedResourceStatuses',
    },
    unwritten: {
      modifyVolumeStatus: 'of drivers, whose resizer writes it',
    },
  },
  'core.v1.PersistentVolumeClaimCondition': {
    done: {
      'libs/controllers/src/volume-expand/reconcile.ts': 'type status lastTransitionTime message',
    },
    unwritten: {
      lastProbeTime: 'upstream writes null',
      reason: 'upstream writes none',
    },
  },
  'storage.v1.StorageClass': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/controllers/src/claim-binder/provision.ts': 'provisioner parameters reclaimPolicy mountOptions',
      'libs/controllers/src/claim-binder/binding.ts': 'volumeBindingMode',
      'libs/policy/src/admission/claim-resize.ts': 'allowVolumeExpansion',
      'libs/scheduler/src/volumes/volume-plan.ts': 'allowedTopologies',
    },
  },
  'core.v1.TopologySelectorTerm': {
    done: {
      'libs/scheduler/src/volumes/volume-plan.ts': 'matchLabelExpressions',
    },
  },
  'core.v1.TopologySelectorLabelRequirement': {
    done: {
      'libs/scheduler/src/volumes/volume-plan.ts': 'key values',
    },
  },
  'storage.v1.CSIStorageCapacity': {
    done: {
      'libs/api/src/meta/object.ts': 'kind apiVersion metadata',
      'libs/scheduler/src/volumes/volume-plan.ts': 'nodeTopology capacity maximumVolumeSize',
      'libs/scheduler/src/cache/storage-cache.ts': 'storageClassName',
    },
  },
};
