import { autoscalingFields } from './autoscaling.ts';
import { batchFields } from './batch.ts';
import { containersFields } from './containers.ts';
import { csiFields } from './csi.ts';
import type { FieldTable } from './field-states.ts';
import { ingressesFields } from './ingresses.ts';
import { nodeFields } from './node.ts';
import { podsFields } from './pods.ts';
import { policiesFields } from './policies.ts';
import { servicesFields } from './services.ts';
import { statusFields } from './status.ts';
import { storageFields } from './storage.ts';
import { volumesFields } from './volumes.ts';
import { workloadsFields } from './workloads.ts';

export type { Example, FieldTable, TypeFields } from './field-states.ts';

/** Kinds whose fields are accounted for. */
export const accountedKinds = [
  'core.v1.Pod',
  'core.v1.PodTemplate',
  'core.v1.Service',
  'core.v1.Namespace',
  'core.v1.Secret',
  'core.v1.ReplicationController',
  'apps.v1.Deployment',
  'apps.v1.ReplicaSet',
  'apps.v1.StatefulSet',
  'apps.v1.DaemonSet',
  'batch.v1.Job',
  'batch.v1.CronJob',
  'autoscaling.v2.HorizontalPodAutoscaler',
  'autoscaling.v1.HorizontalPodAutoscaler',
  'node.v1.RuntimeClass',
  'core.v1.PersistentVolume',
  'core.v1.PersistentVolumeClaim',
  'storage.v1.StorageClass',
  'storage.v1.CSIStorageCapacity',
  'networking.v1.NetworkPolicy',
  'networking.v1.Ingress',
  'networking.v1.IngressClass',
  'storage.v1.CSIDriver',
  'storage.v1.CSINode',
  'storage.v1.VolumeAttachment',
  'storage.v1.VolumeAttributesClass',
] as const;

/** All of them: no field is accepted and silently ignored. */
export const fieldStates: FieldTable = {
  ...podsFields,
  ...containersFields,
  ...volumesFields,
  ...storageFields,
  ...statusFields,
  ...servicesFields,
  ...workloadsFields,
  ...autoscalingFields,
  ...batchFields,
  ...nodeFields,
  ...policiesFields,
  ...ingressesFields,
  ...csiFields,
};
