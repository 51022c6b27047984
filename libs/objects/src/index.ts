export { serviceNameLabel } from './labels.ts';
export { internalIpsOf, isNodeReady, nodeCondition, podCidrsOf } from './node-state.ts';
export { nodeNameOf } from './node-user.ts';
export { containerTotals, podTotals, type ResourcedPod } from './pod-resources.ts';
export * from './pod-state.ts';
export { type QosClass, qosClassOf } from './qos-class.ts';
export * from './quota-usage.ts';
export { restartRuleFor } from './restart-rules.ts';
export { tolerates, toleratesTaint } from './tolerations.ts';
