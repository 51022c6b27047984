import type { PodResourceClaim } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { dynamicResources } from './dynamic-resources.ts';

it.each<{ name: string; resourceClaims?: PodResourceClaim[]; want: string }>([
  { name: 'no claim', want: 'fits' },
  {
    name: 'a claim that is not there',
    resourceClaims: [{ name: 'gpu', resourceClaimName: 'mine' }],
    want: 'resourceclaim "mine" not found (unresolvable)',
  },
  {
    name: 'a template that is not there',
    resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'any' }],
    want: 'pod claim gpu: resourceclaimtemplate "any" not found (unresolvable)',
  },
])('$name', ({ resourceClaims, want }) => {
  const spec = resourceClaims ? { resourceClaims } : {};
  expect(verdicts(dynamicResources, pod('p', { spec }), clusterOf([node('a')]))).toEqual({ a: want });
});
