export { ActionLog, type LoggedAction } from './action-log.ts';
export * from './contract.ts';
export type { ControllerContext, Runnable } from './executor.ts';
export { Expectations } from './expectations.ts';
export { KeyedWorkers } from './keyed-workers.ts';
export { runnable } from './loop.ts';
export { WorkQueueMetrics } from './metrics.ts';
export { adoptItem, claim, type Claimed, controllerOf, controllerReference, releaseItem } from './owner-references.ts';
export { sweeping } from './sweep.ts';
