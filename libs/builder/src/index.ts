export { builderOf } from './builder.ts';
export { buildImage } from './build-image.ts';
export { changedConfig } from './config-changes.ts';
export { BuildError, type BuildOptions, type BuildResult } from './contract.ts';
