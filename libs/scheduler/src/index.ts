export { ClusterCache } from './cache/cluster-cache.ts';
export { podInfo } from './cache/pod-info.ts';
export { decide } from './cycle.ts';
export { explainRefusals } from './explain.ts';
export { defaultProfile } from './plugins/index.ts';
export { Scheduler, type SchedulerInput, schedulerName } from './scheduler.ts';
