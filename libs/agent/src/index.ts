export {
  amountOf,
  defaultNodeSettings,
  type NodeSettings,
  parseBySignal,
  parseReclaim,
  parseReserved,
  parseThresholds,
  parseUnsafeSysctls,
  withGrace,
} from './node-settings.ts';
export { BlobPort, isBlobPath, isNeighbour, NeighbourBlobs } from './neighbour-blobs.ts';
export { podOf } from './container-plan.ts';
export { policyFacts } from './policy-pod.ts';
export { shutdownGroups } from './shutdown-plan.ts';
export { syncImages } from './workers/image-sync.ts';
export { Agent, type AgentNetwork, type AgentOptions } from './agent.ts';
