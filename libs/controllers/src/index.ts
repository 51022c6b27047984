import { type ControllerContext, type Runnable, runnable, sweeping } from '#controller-runtime';
import { claimBinder } from './claim-binder/controller.ts';
import { attachDetachController } from './attach-detach/controller.ts';
import { cronJobController } from './cronjob/controller.ts';
import { daemonSetController } from './daemon-set/controller.ts';
import { deploymentController } from './deployment/controller.ts';
import { disruptionController } from './disruption/controller.ts';
import { ephemeralVolumeController } from './ephemeral-volume/controller.ts';
import { endpointSliceController } from './endpoint-slice/controller.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring/controller.ts';
import { endpointsController } from './endpoints/controller.ts';
import { garbageCollector } from './garbage-collector/controller.ts';
import { type AutoscalerOptions, horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts';
import { ipAddressRepairController } from './ip-address-repair/controller.ts';
import { ingressController } from './ingress/controller.ts';
import { jobController } from './job/controller.ts';
import { jobOrphanPodController } from './job-orphan-pod/controller.ts';
import { namespaceController } from './namespace/controller.ts';
import { nodeIpamController } from './node-ipam/controller.ts';
import { cidrPool } from './node-ipam/reconcile.ts';
import { nodeLifecycleController, type NodeLifecycleOptions } from './node-lifecycle/controller.ts';
import { podGcController } from './pod-gc/controller.ts';
import { pvProtectionController } from './pv-protection/controller.ts';
import { pvcProtectionController } from './pvc-protection/controller.ts';
import { replicaSetController } from './replicaset/controller.ts';
import { replicationController } from './replication-controller/controller.ts';
import { rootCaController } from './root-ca/controller.ts';
import { bootstrapSignerController } from './bootstrap-signer/controller.ts';
import { certificateApprovingController } from './certificate-approving/controller.ts';
import { certificateCleanerController } from './certificate-cleaner/controller.ts';
import { certificateSigningController, type SigningOptions } from './certificate-signing/controller.ts';
import { resourceQuotaController } from './resource-quota/controller.ts';
import { serviceCidrController } from './service-cidr/controller.ts';
import { serviceLoadBalancerController } from './service-load-balancer/controller.ts';
import { serviceAccountController } from './service-account/controller.ts';
import { statefulSetController } from './stateful-set/controller.ts';
import { tokenKeys } from '#pki';
import { tokenCleanerController } from './token-cleaner/controller.ts';
import { tokenSecretsController } from './token-secrets/controller.ts';
import { taintEvictionController } from './taint-eviction/controller.ts';
import { ttlAfterFinishedController } from './ttl-after-finished/controller.ts';
import { vacProtectionController } from './vac-protection/controller.ts';
import { volumeBinder } from './volume-binder/controller.ts';
import { volumeExpandController } from './volume-expand/controller.ts';

export { cidrPool };
export { type AutoscalerSettings, defaultAutoscalerSettings } from './horizontal-pod-autoscaler/settings.ts';

export interface ControllersOptions {
  /** PEM */
  rootCa: string;
  /** PEM of the key that signs tokens for Secrets; without it there are none, as with upstream. */
  serviceAccountKey?: string;
  /** What the built-in signers sign with; without it they answer nothing, as with upstream. */
  signing?: SigningOptions;
  /** The cluster's pod ranges, one a family. */
  clusterCidrs: readonly { cidr: string; nodeMaskSize: number }[];
  autoscaler: AutoscalerOptions;
  nodeLifecycle?: NodeLifecycleOptions;
  /** Where LoadBalancer services get addresses, one range a family; without one they get none from here. */
  loadBalancerCidrs?: readonly string[];
  /** Finished pods that stay to be looked at. */
  terminatedPodThreshold?: number;
}

/** What volumes and claims need: binding, growing, protection, claims of ephemeral volumes. */
export function volumeControllers(context: ControllerContext): Runnable[] {
  return [
    runnable(claimBinder, context),
    runnable(volumeBinder, context),
    runnable(volumeExpandController, context),
    runnable(pvcProtectionController, context),
    runnable(pvProtectionController, context),
    runnable(vacProtectionController, context),
    runnable(ephemeralVolumeController, context),
  ];
}

/** Every controller that there is, by upstream's names. */
export function controllers(context: ControllerContext, options: ControllersOptions): Runnable[] {
  const { rootCa, clusterCidrs, serviceAccountKey, loadBalancerCidrs = [] } = options;
  const pools = clusterCidrs.map(({ cidr, nodeMaskSize }) => cidrPool(cidr, nodeMaskSize));
  return [
    runnable(deploymentController, context),
    runnable(replicaSetController, context),
    runnable(replicationController, context),
    runnable(daemonSetController(), context),
    runnable(statefulSetController, context),
    runnable(jobController, context),
    runnable(jobOrphanPodController, context),
    runnable(ttlAfterFinishedController, context),
    runnable(cronJobController, context),
    ...volumeControllers(context),
    runnable(attachDetachController, context),
    runnable(endpointSliceController, context),
    runnable(endpointsController, context),
    runnable(endpointSliceMirroringController, context),
    ...(loadBalancerCidrs.length > 0 ? [runnable(serviceLoadBalancerController(loadBalancerCidrs), context)] : []),
    runnable(serviceCidrController, context),
    runnable(ipAddressRepairController, context),
    runnable(ingressController(), context),
    runnable(disruptionController, context),
    runnable(horizontalPodAutoscalerController(options.autoscaler), context),
    runnable(serviceAccountController, context),
    runnable(rootCaController(rootCa), context),
    ...(serviceAccountKey ? [runnable(tokenSecretsController({ rootCa, keys: tokenKeys(serviceAccountKey) }), context)] : []),
    runnable(bootstrapSignerController, context),
    runnable(tokenCleanerController, context),
    runnable(certificateApprovingController, context),
    ...(options.signing ? [runnable(certificateSigningController(options.signing), context)] : []),
    sweeping(certificateCleanerController, context),
    runnable(nodeIpamController(pools), context),
    runnable(taintEvictionController, context),
    sweeping(nodeLifecycleController(options.nodeLifecycle), context),
    sweeping(podGcController(options.terminatedPodThreshold), context),
    runnable(resourceQuotaController, context),
    runnable(namespaceController(), context),
    runnable(garbageCollector(), context),
  ];
}
