import {
  cidrWarnings,
  type FieldError,
  forbiddenField,
  invalidValue,
  isValidPortName,
  isValidPortNum,
  notSupported,
  required,
  validateLabelSelector,
} from '#api';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '#api/types';
import { familyOfCidr, inCidr, isValidCidr } from '../../rules/addresses.ts';
import { complaints } from '../../rules/checks.ts';

const directions = ['Ingress', 'Egress'];

/** `k8s.io/kubernetes/pkg/apis/networking/validation`, ValidateNetworkPolicy. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const types = spec?.policyTypes ?? [];
  return [
    ...validateLabelSelector(spec?.podSelector, 'spec.podSelector'),
    ...rulesOf(spec).flatMap(({ ports, peers, path, side }) => [
      ...(ports ?? []).flatMap((port, i) => validatePort(port, `${path}.ports[${i}]`)),
      ...(peers ?? []).flatMap((peer, i) => validatePeer(peer, `${path}.${side}[${i}]`)),
    ]),
    ...(types.length > directions.length
      ? [invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes')]
      : types.flatMap((type, i) => (directions.includes(type) ? [] : [notSupported(`spec.policyTypes[${i}]`, type, directions)]))),
  ];
}

/** `k8s.io/kubernetes/pkg/registry/networking/networkpolicy`, networkPolicyWarnings. */
export function networkPolicyWarnings({ spec }: NetworkPolicy): string[] {
  return rulesOf(spec).flatMap(({ peers, path, side }) =>
    (peers ?? []).flatMap(({ ipBlock }, i) => {
      const field = `${path}.${side}[${i}].ipBlock`;
      if (!ipBlock) return [];
      return [
        ...cidrWarnings(`${field}.cidr`, ipBlock.cidr),
        ...(ipBlock.except ?? []).flatMap((hole, k) => cidrWarnings(`${field}.except[${k}]`, hole)),
      ];
    }),
  );
}

const rulesOf = (spec: NetworkPolicySpec | undefined) => [
  ...(spec?.ingress ?? []).map(({ ports, from }, i) => ({ ports, peers: from, path: `spec.ingress[${i}]`, side: 'from' })),
  ...(spec?.egress ?? []).map(({ ports, to }, i) => ({ ports, peers: to, path: `spec.egress[${i}]`, side: 'to' })),
];

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const protocols = ['TCP', 'UDP', 'SCTP'];
  const errors = protocol !== undefined && !protocols.includes(protocol) ? [notSupported(`${path}.protocol`, protocol, protocols)] : [];
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    errors.push(...complaints(isValidPortName, port, `${path}.port`));
  } else if (port !== undefined) {
    errors.push(...isValidPortNum(port).map((message) => invalidValue(`${path}.port`, port, message)));
    if (endPort !== undefined && endPort < port)
      errors.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
    if (endPort !== undefined) errors.push(...isValidPortNum(endPort).map((message) => invalidValue(`${path}.endPort`, endPort, message)));
  } else if (endPort !== undefined) {
    errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  }
  return errors;
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? validateBlock(ipBlock, `${path}.ipBlock`) : []),
  ];
  if (ipBlock && (podSelector || namespaceSelector)) errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  if (!ipBlock && !podSelector && !namespaceSelector) errors.push(required(path, 'must specify a peer'));
  return errors;
}

function validateBlock({ cidr, except = [] }: IPBlock, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const errors = isValidCidr(cidr, `${path}.cidr`);
  if (errors.length > 0) return errors;
  return except.flatMap((hole, i) => {
    const field = `${path}.except[${i}]`;
    const invalid = isValidCidr(hole, field);
    if (invalid.length > 0) return invalid;
    const bits = (range: string): number => Number(range.split('/')[1]);
    const inside = familyOfCidr(hole) === familyOfCidr(cidr) && inCidr(hole.split('/')[0] ?? '', cidr) && bits(hole) > bits(cidr);
    return inside ? [] : [invalidValue(field, hole, 'must be a strict subset of `cidr`')];
  });
}
