import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
  notSupported,
  required,
  validateLabelName,
  validateLabelSelector,
} from '#api';
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '#api/types';
import { complaints, optionalOneOf } from '../../../rules/checks.ts';
import { type LabelSelector } from '../../../rules/labels.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTaintEffect(effect: string | undefined, field: string): FieldError[] {
  if (!effect) return [required(field)];
  return effects.includes(effect) ? [] : [notSupported(field, effect, effects)];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateTolerations. */
export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => {
    const field = `${path}[${i}]`;
    const { key, operator, effect, tolerationSeconds } = toleration;
    return [
      ...(key ? validateLabelName(key, `${field}.key`) : []),
      ...(!key && operator !== 'Exists'
        ? [
            invalidValue(
              `${field}.operator`,
              operator ?? '',
              'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            ),
          ]
        : []),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [invalidValue(`${field}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")]
        : []),
      ...validateTolerationOperator(toleration, `${field}.operator`),
      ...(effect ? validateTaintEffect(effect, `${field}.effect`) : []),
    ];
  });
}

function validateTolerationOperator({ operator, value = '' }: Toleration, field: string): FieldError[] {
  switch (operator ?? '') {
    case '':
    case 'Equal': {
      const errors = isValidLabelValue(value);
      return errors.length === 0 ? [] : [invalidValue(field, value, errors.join(';'))];
    }
    case 'Exists':
      return value ? [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")] : [];
    // KEP-5471: numeric comparison, for taints that carry a figure.
    case 'Lt':
    case 'Gt':
      return /^-?(0|[1-9]\d*)$/.test(value)
        ? []
        : [invalidValue(field, value, 'value must be a valid integer when `operator` is Lt or Gt')];
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])];
  }
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateAffinity. */
export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  if (!affinity) return [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
  const wished = 'preferredDuringSchedulingIgnoredDuringExecution';
  const pods = [
    ['podAffinity', podAffinity],
    ['podAntiAffinity', podAntiAffinity],
  ] as const;
  return [
    ...(nodeAffinity?.[needed] ? validateNodeSelector(nodeAffinity[needed], `${path}.nodeAffinity.${needed}`) : []),
    ...(nodeAffinity?.[wished] ?? []).flatMap((term, i) => {
      const field = `${path}.nodeAffinity.${wished}[${i}]`;
      return [
        ...validateWeight(term.weight, `${field}.weight`),
        ...validateNodeSelectorTerm(term.preference, `${field}.preference`, { checkValues: false }),
      ];
    }),
    ...pods.flatMap(([name, terms]) => [
      ...(terms?.[needed] ?? []).flatMap((term, i) => validatePodAffinityTerm(term, `${path}.${name}.${needed}[${i}]`)),
      ...(terms?.[wished] ?? []).flatMap((weighted, i) => {
        const field = `${path}.${name}.${wished}[${i}]`;
        return [
          ...validateWeight(weighted.weight, `${field}.weight`),
          ...validatePodAffinityTerm(weighted.podAffinityTerm, `${field}.podAffinityTerm`),
        ];
      }),
    ]),
  ];
}

const validateWeight = (weight: number | undefined, field: string): FieldError[] =>
  (weight ?? 0) >= 1 && (weight ?? 0) <= 100 ? [] : [invalidValue(field, weight ?? 0, 'must be in the range 1-100')];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateNodeSelector. */
export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  const field = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(field, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeSelectorTerm(term, `${field}[${i}]`, { checkValues: true }));
}

function validateNodeSelectorTerm(term: NodeSelectorTerm | undefined, path: string, options: { checkValues: boolean }): FieldError[] {
  return [
    ...(term?.matchExpressions ?? []).flatMap((each, i) => validateRequirement(each, `${path}.matchExpressions[${i}]`, options)),
    ...(term?.matchFields ?? []).flatMap((each, i) => validateFieldRequirement(each, `${path}.matchFields[${i}]`)),
  ];
}

/** Values are not checked in a preference: it may be meant for nodes that are not there yet. */
function validateRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
  { checkValues }: { checkValues: boolean },
): FieldError[] {
  return [
    ...validateNodeOperator(operator, values, path),
    ...validateLabelName(key ?? '', `${path}.key`),
    ...(checkValues ? values.flatMap((value, i) => complaints(isValidLabelValue, value, `${path}.values[${i}]`)) : []),
  ];
}

function validateNodeOperator(operator: string | undefined, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0
        ? [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : [];
    case 'Gt':
    case 'Lt':
      return values.length === 1 ? [] : [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')];
  }
}

function validateFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  } else if (values.length !== 1) {
    errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(`${path}.key`, key ?? '', 'not a valid field selector key')];
  return [...errors, ...values.flatMap((value, i) => complaints(isDns1123Subdomain, value, `${path}.values[${i}]`))];
}

function validatePodAffinityTerm(term: PodAffinityTerm | undefined, path: string): FieldError[] {
  const topologyKey = term?.topologyKey ?? '';
  const mismatchKeys = new Set(term?.mismatchLabelKeys);
  return [
    ...validateLabelSelector(term?.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term?.namespaceSelector, `${path}.namespaceSelector`),
    ...(term?.namespaces ?? []).flatMap((name) => complaints(isDns1123Label, name, `${path}.namespace`)),
    ...validateLabelKeys(term?.matchLabelKeys ?? [], term?.labelSelector, `${path}.matchLabelKeys`),
    ...validateLabelKeys(term?.mismatchLabelKeys ?? [], term?.labelSelector, `${path}.mismatchLabelKeys`),
    ...(term?.matchLabelKeys ?? []).flatMap((key, i) =>
      mismatchKeys.has(key)
        ? [invalidValue(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
        : [],
    ),
    ...(topologyKey ? [] : [required(`${path}.topologyKey`, 'can not be empty')]),
    ...validateLabelName(topologyKey, `${path}.topologyKey`),
  ];
}

function validateLabelKeys(keys: readonly string[], selector: LabelSelector | undefined, path: string): FieldError[] {
  if (keys.length === 0) return [];
  if (!selector) return [forbiddenField(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, i) => validateLabelName(key, `${path}[${i}]`));
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateTopologySpreadConstraints. */
export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], path: string): FieldError[] {
  const idOf = (constraint: TopologySpreadConstraint): string => JSON.stringify([constraint.topologyKey, constraint.whenUnsatisfiable]);
  const last = new Map(constraints.map((constraint, i) => [idOf(constraint), i]));
  return constraints.flatMap((constraint, i) => {
    const field = `${path}[${i}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable } = constraint;
    const again = last.get(idOf(constraint)) !== i;
    return [
      ...((maxSkew ?? 0) <= 0 ? [invalidValue(`${field}.maxSkew`, maxSkew ?? 0, 'must be greater than zero')] : []),
      ...(topologyKey ? [] : [required(`${field}.topologyKey`, 'can not be empty')]),
      ...(['DoNotSchedule', 'ScheduleAnyway'].includes(whenUnsatisfiable)
        ? []
        : [notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway'])]),
      ...(again ? [duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)] : []),
      ...validateMinDomains(constraint, `${field}.minDomains`),
      ...optionalOneOf(constraint.nodeAffinityPolicy, ['Honor', 'Ignore'], `${field}.nodeAffinityPolicy`),
      ...optionalOneOf(constraint.nodeTaintsPolicy, ['Honor', 'Ignore'], `${field}.nodeTaintsPolicy`),
      ...validateSpreadKeys(constraint, `${field}.matchLabelKeys`),
      ...validateLabelSelector(constraint.labelSelector, `${field}.labelSelector`),
    ];
  });
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, field: string): FieldError[] {
  if (minDomains === undefined) return [];
  const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [
    ...(minDomains <= 0 ? [invalidValue(field, minDomains, 'must be greater than zero')] : []),
    ...(whenUnsatisfiable === 'DoNotSchedule' ? [] : [invalidValue(field, minDomains, why)]),
  ];
}

function validateSpreadKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, path: string): FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  const selected = new Set([
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ]);
  return [
    ...(labelSelector ? [] : [forbiddenField(path, 'must not be specified when labelSelector is not set')]),
    ...matchLabelKeys.flatMap((key, i) => [
      ...validateLabelName(key, `${path}[${i}]`),
      ...(selected.has(key) ? [invalidValue(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector')] : []),
    ]),
  ];
}

export function validateSchedulingGates(gates: readonly PodSchedulingGate[], path: string): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, i) => {
    const errors = [...complaints(isQualifiedName, name, `${path}[${i}]`), ...(seen.has(name) ? [duplicate(`${path}[${i}]`, name)] : [])];
    seen.add(name);
    return errors;
  });
}
