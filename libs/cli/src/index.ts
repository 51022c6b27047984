export { type BuildRequest, type CommandContext, existingCluster, imageRules } from './commands/context.ts';
export { down } from './commands/down.ts';
export { type EngineContext, engineRestart, engineStart, engineStatus, engineStop } from './commands/engine.ts';
export { nodeStart, nodeStop } from './commands/node.ts';
export { registrySecret } from './commands/registry-secret.ts';
export { status } from './commands/status.ts';
export { supervise } from './commands/supervise.ts';
export { up } from './commands/up.ts';
export { engineSettingsFrom } from './engine/engine-settings.ts';
export { composeDown } from './compose/down.ts';
export { composeLifecycle } from './compose/lifecycle.ts';
export { composeConfig, composeConvert, composeLogs, composePs } from './compose/look.ts';
export type { ComposeContext } from './compose/open-project.ts';
export { composeUp } from './compose/up.ts';
export { EngineClient } from './images/engine-client.ts';
export { engineSocket } from './images/engine-socket.ts';
export {
  type ImageContext,
  imageHistory,
  imageInspect,
  imageList,
  imagePrune,
  imagePull,
  imagePush,
  imageRemove,
  imageTrees,
} from './images/image-commands.ts';
export { podSecondsFrom, settingsFrom, UsageError } from './supervisor/cluster-settings.ts';
export { PreflightError } from './supervisor/preflight.ts';
