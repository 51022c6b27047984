import type { NetworkPolicySpec } from '#api/types';

/** Directions that a NetworkPolicy is of: any is one of ingress unless it says otherwise, one with egress rules is of both (networking/v1 NetworkPolicySpec). */
export function policyTypesOf({ policyTypes, egress }: NetworkPolicySpec): readonly string[] {
  if (policyTypes?.length) return policyTypes;
  return egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}
