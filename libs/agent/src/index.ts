export { amountOf, defaultNodeSettings, type NodeSettings, parseReserved, parseThresholds } from './node-settings.ts';
export { Agent, type AgentNetwork, type AgentOptions } from './agent.ts';
