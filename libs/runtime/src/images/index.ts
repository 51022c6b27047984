export { type OpenImagesOptions, openImages } from './open-images.ts';
export { ImageStore } from './image-store.ts';
export { parseMirror, type Mirrors } from '../registry-client/endpoints.ts';
export { type ImageReference, nameOf, parseReference } from '../registry-client/reference.ts';
export { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
