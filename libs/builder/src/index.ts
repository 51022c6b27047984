export { builderOf } from './builder.ts';
export { checkFile } from './check-file.ts';
export { nameOf } from './progress.ts';
export { fetchContext } from './remote/remote-context.ts';
export { parseGitReference } from './remote/git-reference.ts';
export { buildImage } from './build-image.ts';
export { changedConfig } from './config-changes.ts';
export { BuildError, type BuildEvent, type BuildOptions, type BuildResult, type BuildStep } from './contract.ts';
