import { controllerRevision } from './apps/controller-revision/kind.ts';
import { daemonSet } from './apps/daemon-set/kind.ts';
import { deployment } from './apps/deployment/kind.ts';
import { replicaSet } from './apps/replica-set/kind.ts';
import { statefulSet } from './apps/stateful-set/kind.ts';
import { authenticationKinds } from './authentication/index.ts';
import { authorizationKinds } from './authorization/index.ts';
import { type AutoscalerFeatures, horizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler/kind.ts';
import { cronJob } from './batch/cron-job/kind.ts';
import { job } from './batch/job/kind.ts';
import { certificateSigningRequest } from './certificates/certificate-signing-request/kind.ts';
import type { KindDefinition } from './contract.ts';
import { lease } from './coordination/lease/kind.ts';
import { binding } from './core/binding/kind.ts';
import { configMap } from './core/config-map/kind.ts';
import { endpoints } from './core/endpoints/kind.ts';
import { event } from './core/event/kind.ts';
import { limitRange } from './core/limit-range/kind.ts';
import { namespace } from './core/namespace/kind.ts';
import { node } from './core/node/kind.ts';
import { persistentVolume } from './core/persistent-volume/kind.ts';
import { persistentVolumeClaim } from './core/persistent-volume-claim/kind.ts';
import { pod } from './core/pod/kind.ts';
import { podTemplate } from './core/pod-template/kind.ts';
import { replicationController } from './core/replication-controller/kind.ts';
import { resourceQuota } from './core/resource-quota/kind.ts';
import { secret } from './core/secret/kind.ts';
import { service } from './core/service/kind.ts';
import { serviceAccount } from './core/service-account/kind.ts';
import { endpointSlice } from './discovery/endpoint-slice/kind.ts';
import { ingress } from './networking/ingress/kind.ts';
import { ingressClass } from './networking/ingress-class/kind.ts';
import { ipAddress } from './networking/ip-address/kind.ts';
import { networkPolicy } from './networking/network-policy/kind.ts';
import { serviceCidr } from './networking/service-cidr/kind.ts';
import { runtimeClass } from './node/runtime-class/kind.ts';
import { podDisruptionBudget } from './policy/pod-disruption-budget/kind.ts';
import { rbacKinds } from './rbac/index.ts';
import { listed } from './rules/listed.ts';
import { priorityClass } from './scheduling/priority-class/kind.ts';
import { storageKinds } from './storage/index.ts';

/** Every kind that is served, in the order of discovery. */
export const kinds: readonly KindDefinition[] = [
  listed(binding),
  listed(configMap),
  listed(endpoints),
  listed(event),
  listed(limitRange),
  listed(namespace),
  listed(node),
  listed(persistentVolumeClaim),
  listed(persistentVolume),
  listed(pod),
  listed(podTemplate),
  listed(replicationController),
  listed(resourceQuota),
  listed(secret),
  listed(serviceAccount),
  listed(service),
  listed(controllerRevision),
  listed(daemonSet),
  listed(deployment),
  listed(replicaSet),
  listed(statefulSet),
  ...authenticationKinds,
  ...authorizationKinds,
  listed(horizontalPodAutoscaler({ scaleToZero: false })),
  listed(cronJob),
  listed(job),
  listed(certificateSigningRequest),
  listed(lease),
  listed(endpointSlice),
  listed(ingress),
  listed(ingressClass),
  listed(ipAddress),
  listed(networkPolicy),
  listed(serviceCidr),
  listed(runtimeClass),
  listed(podDisruptionBudget),
  ...rbacKinds,
  listed(priorityClass),
  ...storageKinds,
];

/** Features that are not on by themselves. */
export const kindsWith = (features: AutoscalerFeatures): readonly KindDefinition[] =>
  kinds.map((kind) => (kind.names.plural === 'horizontalpodautoscalers' ? listed(horizontalPodAutoscaler(features)) : kind));
