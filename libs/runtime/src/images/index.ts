export { CrunBuildRunner } from '../containers/build-runner.ts';
export { type OpenedImages, type OpenImagesOptions, openImages } from './open-images.ts';
export { parseUnpackLimits } from '../layers/unpack-limits.ts';
export { type Mirrors, parseMirror } from '../registry-client/endpoints.ts';
export { type ImageReference, nameOf, parseReference } from '../registry-client/reference.ts';
export { Destinations } from '../registry-client/destinations.ts';
export { HttpClient } from '../registry-client/http.ts';
export { RepositoryClient } from '../registry-client/repository-client.ts';
