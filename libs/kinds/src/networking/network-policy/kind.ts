import type { NetworkPolicy } from '#api/types';
import { policyTypesOf } from '#objects';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { networkPolicyWarnings, validateNetworkPolicy } from './validation.ts';

export const networkPolicy: KindDefinition<NetworkPolicy> = {
  gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  scope: 'Namespaced',
  names: { plural: 'networkpolicies', singular: 'networkpolicy', shortNames: ['netpol'] },
  applyDefaults: withPolicyTypes,
  validate: validateNetworkPolicy,
  strategy: { generationOf: ({ spec }) => spec, warnings: networkPolicyWarnings },
  columns,
};

function withPolicyTypes(policy: NetworkPolicy): NetworkPolicy {
  const spec = policy.spec ?? {};
  return { ...policy, spec: { ...spec, policyTypes: [...policyTypesOf(spec)] } };
}
