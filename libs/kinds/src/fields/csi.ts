import type { FieldTable } from './field-states.ts';

const requests = 'libs/agent/src/csi/csi-requests.ts';
const source = 'libs/agent/src/volumes/sources/csi.ts';
const plan = 'libs/agent/src/csi/csi-node-plan.ts';
const attach = 'libs/controllers/src/attach-detach/reconcile.ts';
/** Who attaches, and who changes volumes: the sidecars of drivers read these, and write the status. */
const sidecars = 'docs/adr/0019-csi-drivers-bring-their-controllers.md';

/** CSI drivers, where they are, and what they attach. */
export const csiFields: FieldTable = {
  'storage.v1.CSIDriver': { done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', [source]: 'spec' } },
  'storage.v1.CSIDriverSpec': {
    done: {
      'libs/objects/src/volume-attachments.ts': 'attachRequired',
      [requests]: 'podInfoOnMount fsGroupPolicy tokenRequests',
      [source]: 'volumeLifecycleModes requiresRepublish serviceAccountTokenInSecrets',
      'libs/scheduler/src/volumes/volume-plan.ts': 'storageCapacity',
    },
    warned: {
      seLinuxMount: { kind: 'CSIDriver', spec: { seLinuxMount: true }, says: 'spec.seLinuxMount: has no effect' },
      nodeAllocatableUpdatePeriodSeconds: {
        kind: 'CSIDriver',
        spec: { nodeAllocatableUpdatePeriodSeconds: 60 },
        says: 'spec.nodeAllocatableUpdatePeriodSeconds: has no effect',
      },
      preventPodSchedulingIfMissing: {
        kind: 'CSIDriver',
        spec: { preventPodSchedulingIfMissing: true },
        says: 'spec.preventPodSchedulingIfMissing: has no effect',
      },
    },
  },
  'storage.v1.TokenRequest': { done: { [requests]: 'audience expirationSeconds' } },
  'storage.v1.CSINode': { done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', [plan]: 'spec' } },
  'storage.v1.CSINodeSpec': { done: { [plan]: 'drivers' } },
  'storage.v1.CSINodeDriver': { done: { [plan]: 'name nodeID topologyKeys allocatable' } },
  'storage.v1.VolumeNodeResources': { done: { [plan]: 'count' } },
  'storage.v1.VolumeAttachment': { done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', [attach]: 'spec status' } },
  'storage.v1.VolumeAttachmentSpec': { done: { [attach]: 'attacher source nodeName' } },
  'storage.v1.VolumeAttachmentSource': {
    done: {
      [attach]: 'persistentVolumeName',
      'libs/scheduler/src/plugins/node-volume-limits.ts': 'inlineVolumeSpec',
    },
  },
  'storage.v1.VolumeAttachmentStatus': {
    done: { 'libs/agent/src/csi/csi-attachment.ts': 'attached attachmentMetadata attachError' },
    unwritten: { detachError: 'of drivers, whose attacher writes it' },
  },
  'storage.v1.VolumeError': {
    done: { 'libs/agent/src/csi/csi-attachment.ts': 'message' },
    unwritten: { time: 'of drivers, whose attacher writes it', errorCode: 'of drivers, whose attacher writes it' },
  },
  'storage.v1.VolumeAttributesClass': {
    done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', [sidecars]: 'driverName parameters' },
  },
};
