export {
  amountOf,
  defaultNodeSettings,
  type NodeSettings,
  parseBySignal,
  parseReclaim,
  parseReserved,
  parseThresholds,
  withGrace,
} from './node-settings.ts';
export { policyFacts } from './policy-pod.ts';
export { Agent, type AgentNetwork, type AgentOptions } from './agent.ts';
