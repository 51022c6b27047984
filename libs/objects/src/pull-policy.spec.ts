import { defaultPullPolicy } from './pull-policy.ts';

describe('the pull policy', () => {
  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['reg:5000/a', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['reg:5000/a:1', 'IfNotPresent'],
    ['x@sha256:0123', 'IfNotPresent'],
    ['x:latest@sha256:0123', 'Always'],
    ['', 'IfNotPresent'],
  ])('of %s is %s', (image, policy) => expect(defaultPullPolicy(image)).toBe(policy));
});
