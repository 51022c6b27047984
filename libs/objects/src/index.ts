export { serviceNameLabel } from './labels.ts';
export { isNodeReady, nodeCondition } from './node-state.ts';
export * from './pod-state.ts';
export { tolerates, toleratesTaint } from './tolerations.ts';
