export { type ApiUnderTest, apiConformance } from './conformance/api-conformance.ts';
export { FakeApi } from './testing/fake-api.ts';
export { FakeKinds } from './testing/fake-kinds.ts';
