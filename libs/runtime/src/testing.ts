export { containerRuntimeConformance } from './conformance/container-runtime-conformance.ts';
export { imageServiceConformance } from './conformance/image-service-conformance.ts';
export { volumeMountsConformance } from './conformance/volume-mounts-conformance.ts';
export { type ImageManifest, parseConfig, parseDocument } from './images/manifest.ts';
export { unpackInto } from './layers/unpack-into.ts';
export { defaultLimits, UnpackMeter } from './layers/unpack-limits.ts';
export { digestName, type ImageReference, nameOf, parseReference } from './registry-client/reference.ts';
export { archive, type EntrySpec } from './testing/archives.ts';
export { plainHierarchyCrun } from './testing/busybox-node.ts';
