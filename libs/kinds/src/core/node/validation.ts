import { duplicate, type FieldError, forbiddenField, invalidValue, isValidLabelValue, validateLabelName } from '#api';
import type { Node, Taint } from '#api/types';
import { familyOfCidr, isValidCidr } from '../../rules/addresses.ts';
import { semanticEqual } from '../../rules/equality.ts';
import { validateQuantity } from '../pod/spec/resources.ts';
import { validateTaintEffect } from '../pod/spec/scheduling.ts';

export function validateNode(node: Node): FieldError[] {
  return [
    // Upstream blames `metadata` for the taints of `spec`, and has for ever.
    ...validateTaints(node.spec?.taints ?? [], 'metadata.taints'),
    ...validateAmounts(node),
    ...validatePodCidrs(node.spec?.podCIDRs ?? [], 'spec.podCIDRs'),
  ];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateNodeTaints. */
export function validateTaints(taints: readonly Taint[], path: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const field = `${path}[${i}]`;
    const wrong = isValidLabelValue(taint.value ?? '');
    const errors = [
      ...validateLabelName(taint.key ?? '', `${field}.key`),
      ...(wrong.length > 0 ? [invalidValue(`${field}.value`, taint.value, wrong.join(';'))] : []),
      ...validateTaintEffect(taint.effect, `${field}.effect`),
    ];
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) {
      const error = duplicate(field, taint);
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` });
    }
    seen.add(key);
    return errors;
  });
}

const validateAmounts = ({ status }: Node): FieldError[] =>
  (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries<string>(status?.[list] ?? {}).flatMap(([name, value]) => validateQuantity(name, value, `status.${list}.${name}`)),
  );

function validatePodCidrs(cidrs: readonly string[], path: string): FieldError[] {
  const errors = cidrs.flatMap((cidr, i) => isValidCidr(cidr, `${path}[${i}]`));
  if (cidrs.length < 2) return errors;
  if (new Set(cidrs.map(familyOfCidr)).size !== cidrs.length) {
    errors.push(invalidValue(path, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
  return [...errors, ...cidrs.flatMap((cidr, i) => (cidrs.indexOf(cidr) < i ? [duplicate(`${path}[${i}]`, cidr)] : []))];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateNodeUpdate. */
export function validateNodeUpdate(next: Node, previous: Node): FieldError[] {
  const old = previous.spec?.podCIDRs ?? [];
  const onlyOnce = (name: string): string => `node updates may not change ${name} except from "" to valid`;
  const provider = previous.spec?.providerID;
  return [
    ...validateAddresses(next),
    ...(old.length > 0 && !semanticEqual(old, next.spec?.podCIDRs) ? [forbiddenField('spec.podCIDRs', onlyOnce('podCIDR'))] : []),
    ...(provider && provider !== next.spec?.providerID ? [forbiddenField('spec.providerID', onlyOnce('providerID'))] : []),
  ];
}

/** PUT of `status` may change amounts and addresses, so these are checked; the spec is as it was. */
export function validateNodeStatus(next: Node): FieldError[] {
  return [...validateAmounts(next), ...validateAddresses(next)];
}

function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((address, i) => {
    const key = `${address.type}/${address.address}`;
    const again = seen.has(key);
    seen.add(key);
    return again ? [duplicate(`status.addresses[${i}]`, address)] : [];
  });
}
