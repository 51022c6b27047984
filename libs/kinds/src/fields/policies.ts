import type { FieldTable } from './field-states.ts';

/** NetworkPolicies. */
export const policiesFields: FieldTable = {
  'networking.v1.NetworkPolicy': {
    done: { 'libs/api/src/meta/object.ts': 'kind apiVersion metadata', 'libs/network/src/policies/policy-rules.ts': 'spec' },
  },
  'networking.v1.NetworkPolicySpec': {
    done: {
      'libs/network/src/policies/policy-rules.ts': 'podSelector ingress egress',
      'libs/objects/src/policy-types.ts': 'policyTypes',
    },
  },
  'networking.v1.NetworkPolicyIngressRule': { done: { 'libs/network/src/policies/policy-rules.ts': 'ports from' } },
  'networking.v1.NetworkPolicyEgressRule': { done: { 'libs/network/src/policies/policy-rules.ts': 'ports to' } },
  'networking.v1.NetworkPolicyPort': { done: { 'libs/network/src/policies/policy-rules.ts': 'protocol port endPort' } },
  'networking.v1.NetworkPolicyPeer': { done: { 'libs/network/src/policies/policy-rules.ts': 'podSelector namespaceSelector ipBlock' } },
  'networking.v1.IPBlock': { done: { 'libs/network/src/policies/policy-rules.ts': 'cidr except' } },
};
