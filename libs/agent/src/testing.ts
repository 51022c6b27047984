export { pod } from './testing/pod-builder.ts';
export { FakeRuntime } from './testing/fake-runtime.ts';
export { FakeImages } from './testing/fake-images.ts';
export { type CsiDriverOptions, TestCsiDriver } from './testing/csi-driver.ts';
