import type { FieldTable } from './field-states.ts';

/** Volumes of pods and what is in them. */
export const volumesFields: FieldTable = {
  'core.v1.HostPathVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/host-path.ts': 'path type',
    },
  },
  'core.v1.EmptyDirVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/empty-dir.ts': 'medium sizeLimit',
    },
  },
  'core.v1.PersistentVolumeClaimVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/persistent-volume-claim.ts': 'claimName readOnly',
    },
  },
  'core.v1.EphemeralVolumeSource': {
    done: {
      'libs/controllers/src/ephemeral-volume/reconcile.ts': 'volumeClaimTemplate',
    },
  },
  'core.v1.PersistentVolumeClaimTemplate': {
    done: {
      'libs/controllers/src/ephemeral-volume/reconcile.ts': 'metadata spec',
    },
  },
  'core.v1.KeyToPath': {
    done: {
      'libs/agent/src/volumes/payload-plan.ts': 'key path mode',
    },
  },
  'core.v1.SecretVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/secret.ts': 'secretName items defaultMode optional',
    },
  },
  'core.v1.DownwardAPIVolumeFile': {
    done: {
      'libs/agent/src/volumes/payload-plan.ts': 'path fieldRef resourceFieldRef mode',
    },
  },
  'core.v1.DownwardAPIVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/downward-api.ts': 'items defaultMode',
    },
  },
  'core.v1.ConfigMapVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/config-map.ts': 'name items defaultMode optional',
    },
  },
  'core.v1.SecretProjection': {
    done: {
      'libs/agent/src/volumes/types/secret.ts': 'name items optional',
    },
  },
  'core.v1.DownwardAPIProjection': {
    done: {
      'libs/agent/src/volumes/types/projected.ts': 'items',
    },
  },
  'core.v1.ConfigMapProjection': {
    done: {
      'libs/agent/src/volumes/types/config-map.ts': 'name items optional',
    },
  },
  'core.v1.ServiceAccountTokenProjection': {
    done: {
      'libs/agent/src/volumes/tokens.ts': 'audience expirationSeconds',
      'libs/agent/src/volumes/types/projected.ts': 'path',
    },
  },
  'core.v1.VolumeProjection': {
    done: {
      'libs/agent/src/volumes/types/projected.ts': 'secret downwardAPI configMap serviceAccountToken',
    },
    warned: {
      clusterTrustBundle: {
        spec: { volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle: { name: 'b', path: 'p' } }] } }] },
        says: 'projected.sources[0].clusterTrustBundle: no node',
      },
      podCertificate: {
        spec: {
          volumes: [
            {
              name: 'v',
              projected: { sources: [{ podCertificate: { signerName: 'example.com/s', keyType: 'ED25519', credentialBundlePath: 'p' } }] },
            },
          ],
        },
        says: 'projected.sources[0].podCertificate: no node',
      },
    },
  },
  'core.v1.ProjectedVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/projected.ts': 'sources defaultMode',
    },
  },
  'core.v1.Volume': {
    done: {
      'libs/agent/src/volumes/pod-volumes.ts': 'name',
      'libs/agent/src/volumes/types/index.ts':
        'hostPath emptyDir secret configMap projected persistentVolumeClaim ephemeral nfs iscsi csi image',
      'libs/agent/src/volumes/types/downward-api.ts': 'downwardAPI',
    },
    warned: {
      gcePersistentDisk: {
        spec: { volumes: [{ name: 'v', gcePersistentDisk: { pdName: 'd' } }] },
        says: 'spec.volumes[0].gcePersistentDisk: no node of this cluster has a plugin',
      },
      awsElasticBlockStore: {
        spec: { volumes: [{ name: 'v', awsElasticBlockStore: { volumeID: 'd' } }] },
        says: 'spec.volumes[0].awsElasticBlockStore: no node of this cluster has a plugin',
      },
      flexVolume: {
        spec: { volumes: [{ name: 'v', flexVolume: { driver: 'a/b' } }] },
        says: 'spec.volumes[0].flexVolume: no node of this cluster has a plugin',
      },
      cinder: {
        spec: { volumes: [{ name: 'v', cinder: { volumeID: 'd' } }] },
        says: 'spec.volumes[0].cinder: no node of this cluster has a plugin',
      },
      fc: { spec: { volumes: [{ name: 'v', fc: { wwids: ['w'] } }] }, says: 'spec.volumes[0].fc: no node of this cluster has a plugin' },
      azureFile: {
        spec: { volumes: [{ name: 'v', azureFile: { secretName: 's', shareName: 's' } }] },
        says: 'spec.volumes[0].azureFile: no node of this cluster has a plugin',
      },
      vsphereVolume: {
        spec: { volumes: [{ name: 'v', vsphereVolume: { volumePath: 'p' } }] },
        says: 'spec.volumes[0].vsphereVolume: no node of this cluster has a plugin',
      },
      azureDisk: {
        spec: { volumes: [{ name: 'v', azureDisk: { diskName: 'd', diskURI: 'https://d' } }] },
        says: 'spec.volumes[0].azureDisk: no node of this cluster has a plugin',
      },
      portworxVolume: {
        spec: { volumes: [{ name: 'v', portworxVolume: { volumeID: 'd' } }] },
        says: 'spec.volumes[0].portworxVolume: no node of this cluster has a plugin',
      },
      gitRepo: { spec: { volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] }, says: 'spec.volumes[0].gitRepo: deprecated' },
      glusterfs: {
        spec: { volumes: [{ name: 'v', glusterfs: { endpoints: 'e', path: 'p' } }] },
        says: 'spec.volumes[0].glusterfs: deprecated',
      },
      rbd: { spec: { volumes: [{ name: 'v', rbd: { monitors: ['m'], image: 'i' } }] }, says: 'spec.volumes[0].rbd: deprecated' },
      cephfs: { spec: { volumes: [{ name: 'v', cephfs: { monitors: ['m'] } }] }, says: 'spec.volumes[0].cephfs: deprecated' },
      flocker: { spec: { volumes: [{ name: 'v', flocker: { datasetName: 'd' } }] }, says: 'spec.volumes[0].flocker: deprecated' },
      quobyte: {
        spec: { volumes: [{ name: 'v', quobyte: { registry: 'r:1', volume: 'v' } }] },
        says: 'spec.volumes[0].quobyte: deprecated',
      },
      photonPersistentDisk: {
        spec: { volumes: [{ name: 'v', photonPersistentDisk: { pdID: 'd' } }] },
        says: 'spec.volumes[0].photonPersistentDisk: deprecated',
      },
      scaleIO: {
        spec: { volumes: [{ name: 'v', scaleIO: { gateway: 'g', system: 's', volumeName: 'v', secretRef: { name: 's' } } }] },
        says: 'spec.volumes[0].scaleIO: deprecated',
      },
      storageos: { spec: { volumes: [{ name: 'v', storageos: { volumeName: 'v' } }] }, says: 'spec.volumes[0].storageos: deprecated' },
    },
  },
  'core.v1.NFSVolumeSource': {
    done: {
      'libs/agent/src/volumes/sources/nfs.ts': 'server path',
      'libs/agent/src/volumes/recorded-volume.ts': 'readOnly',
    },
  },
  'core.v1.ISCSIVolumeSource': {
    done: {
      'libs/agent/src/volumes/sources/iscsi.ts':
        'targetPortal iqn lun iscsiInterface fsType portals chapAuthDiscovery chapAuthSession initiatorName',
      'libs/agent/src/volumes/types/iscsi.ts': 'secretRef',
      'libs/agent/src/volumes/recorded-volume.ts': 'readOnly',
    },
  },
  'core.v1.ImageVolumeSource': {
    done: {
      'libs/agent/src/pod-steps/image-volumes.ts': 'reference pullPolicy',
    },
  },
  'core.v1.CSIVolumeSource': {
    done: {
      'libs/agent/src/volumes/types/csi.ts': 'driver readOnly fsType volumeAttributes nodePublishSecretRef',
    },
  },
  'core.v1.VolumeDevice': {
    done: {
      'libs/agent/src/pod-steps/container-mounts.ts': 'name devicePath',
    },
  },
  'core.v1.VolumeMount': {
    done: {
      'libs/agent/src/pod-steps/container-mounts.ts': 'name mountPath subPath subPathExpr',
      'libs/agent/src/volume-mounts-plan.ts': 'readOnly recursiveReadOnly mountPropagation',
    },
  },
};
