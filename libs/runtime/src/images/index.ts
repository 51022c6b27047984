export { CrunBuildRunner } from '../containers/build-runner.ts';
export { type OpenImagesOptions, openImages } from './open-images.ts';
export { parseUnpackLimits } from '../layers/unpack-limits.ts';
export { type Mirrors, parseMirror } from '../registry-client/endpoints.ts';
export { type ImageReference, nameOf, parseReference } from '../registry-client/reference.ts';
