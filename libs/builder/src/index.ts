export { buildImage } from './build-image.ts';
export { BuildError, type BuildOptions, type BuildResult } from './contract.ts';
