export { FakeApi } from './testing/fake-api.ts';
