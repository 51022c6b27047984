export { type BuildRequest, type CommandContext, existingCluster, imageRules } from './commands/context.ts';
export { down } from './commands/down.ts';
export { nodeStart, nodeStop } from './commands/node.ts';
export { registrySecret } from './commands/registry-secret.ts';
export { status } from './commands/status.ts';
export { supervise } from './commands/supervise.ts';
export { up } from './commands/up.ts';
export { podSecondsFrom, settingsFrom, UsageError } from './supervisor/cluster-settings.ts';
export { PreflightError } from './supervisor/preflight.ts';
