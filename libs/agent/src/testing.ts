export { pod } from './testing/pod-builder.ts';
export { FakeRuntime } from './testing/fake-runtime.ts';
