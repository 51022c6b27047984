export { FakeNode } from './testing/fake-node.ts';
export { type FakeLinks, fakeLinks } from './testing/fake-links.ts';
