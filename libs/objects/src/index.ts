export { gvks, resources } from './gen/kinds.ts';
export {
  bootstrapExpiration,
  type BootstrapToken,
  bootstrapTokenOf,
  bootstrapTokens,
  hasExpired,
  parseBootstrapToken,
} from './bootstrap-token.ts';
export { isSidecar, runningContainers } from './containers.ts';
export { finishedCondition, hasJobCondition, isJobFinished, jobCondition } from './job-state.ts';
export { localStorage } from './local-storage.ts';
export { nodeNetworkClass, usesNodeNetwork } from './load-balancer.ts';
export * from './names.ts';
export { nodePreference, nodeSelectorMatches, type SelectableNode, wantsNode } from './node-affinity.ts';
export { internalIpsOf, isNodeReady, nodeCondition, podCidrsOf } from './node-state.ts';
export { nodeNameOf } from './node-user.ts';
export { containerTotals, podTotals, type ResourcedPod } from './pod-resources.ts';
export * from './pod-references.ts';
export * from './pod-state.ts';
export { highestUserPriority, isCritical, systemPriorityClasses } from './priority.ts';
export { policyTypesOf } from './policy-types.ts';
export { defaultPullPolicy } from './pull-policy.ts';
export { type QosClass, qosClassOf } from './qos-class.ts';
export * from './quota-usage.ts';
export { restartRuleFor } from './restart-rules.ts';
export { accessModesText, claimClassOf, defaultClassOf, isDefaultClass, noProvisioner, storageNames, volumeClassOf } from './storage.ts';
export { attachableName, attachmentName, isAttached, isShareable } from './volume-attachments.ts';
export { mergeTolerations, tolerates, toleratesTaint, untoleratedTaint } from './tolerations.ts';
export { CronError, type CronSchedule, parseCron } from './schedule/cron-expression.ts';
export { nextTime } from './schedule/next-time.ts';
export { isTimeZone, zonedTimestamp, zoneOffsetMs } from './schedule/time-zone.ts';
export { findVolume, isKeptFor, reachesNode, volumeMismatch, type Wanted } from './volume-matching.ts';
export * from './ingress/backend.ts';
export * from './ingress/claims.ts';
export * from './ingress/options.ts';
export * from './ingress/served.ts';
