import { newestVersionFirst } from './version-order.ts';

it('stable versions come first, then beta, then alpha, the newest of each in front, and other names by letter', () => {
  // The example of "Versions in CustomResourceDefinitions", "Version priority".
  const want = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
  expect(want.toReversed().sort(newestVersionFirst)).toEqual(want);
});
