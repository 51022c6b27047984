export { Agent, type AgentNetwork, type AgentOptions } from './agent.ts';
