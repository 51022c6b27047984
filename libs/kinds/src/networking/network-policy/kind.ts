import type { NetworkPolicy } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { validateNetworkPolicy } from './validation.ts';

export const networkPolicy: KindDefinition<NetworkPolicy> = {
  gvk: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
  scope: 'Namespaced',
  names: { plural: 'networkpolicies', singular: 'networkpolicy', shortNames: ['netpol'] },
  applyDefaults: withPolicyTypes,
  validate: validateNetworkPolicy,
  strategy: { generationOf: ({ spec }) => spec },
  columns,
};

/** Any policy is one of ingress; one with egress rules is of both. */
function withPolicyTypes(policy: NetworkPolicy): NetworkPolicy {
  const spec = policy.spec ?? {};
  const types = spec.policyTypes ?? [];
  if (types.length > 0) return policy;
  return { ...policy, spec: { ...spec, policyTypes: (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] } };
}
