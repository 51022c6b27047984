export { pod } from './testing/pod-builder.ts';
export { FakeRuntime } from './testing/fake-runtime.ts';
export { FakeImages } from './testing/fake-images.ts';
