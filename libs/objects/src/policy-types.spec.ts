import type { NetworkPolicySpec } from '#api/types';
import { policyTypesOf } from './policy-types.ts';

it.each<[string, NetworkPolicySpec, string[]]>([
  ['none', {}, ['Ingress']],
  ['no type', { policyTypes: [], egress: [] }, ['Ingress']],
  ['rules of egress', { egress: [{}] }, ['Ingress', 'Egress']],
  ['egress alone', { policyTypes: ['Egress'], ingress: [{}] }, ['Egress']],
])('the directions of a policy that says %s', (_name, spec, want) => expect(policyTypesOf(spec)).toEqual(want));
