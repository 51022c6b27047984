import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '#api';
import type { StatefulSet, StatefulSetSpec } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { semanticEqual } from '../../rules/equality.ts';
import {
  amountOf,
  isOver100Percent,
  nonNegativeOrPercentage,
  validateCounts,
  validateReplicatedTemplate,
  validateSelector,
} from '../../rules/workload.ts';

const updatable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

/** `k8s.io/kubernetes/pkg/apis/apps/validation`, ValidateStatefulSet. */
export function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  return [
    ...validatePodManagement(spec?.podManagementPolicy, 'spec.podManagementPolicy'),
    ...validateUpdateStrategy(spec, 'spec.updateStrategy'),
    ...validateRetention(spec, 'spec.persistentVolumeClaimRetentionPolicy'),
    ...nonNegative(spec?.replicas, 'spec.replicas'),
    ...nonNegative(spec?.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec?.ordinals?.start, 'spec.ordinals.start'),
    ...nonNegative(spec?.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateSelector(spec?.selector, 'spec.selector', 'statefulset'),
    ...validateReplicatedTemplate(withClaims(spec), spec?.selector, { path: 'spec.template', owner: 'StatefulSet' }),
  ];
}

/** The pods get a volume for each claim template: a mount of one is found. */
function withClaims(spec: StatefulSetSpec | undefined): StatefulSetSpec['template'] | undefined {
  const template = spec?.template;
  const own = new Set((template?.spec?.volumes ?? []).map(({ name }) => name));
  const claims = (spec?.volumeClaimTemplates ?? [])
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((name) => name !== '' && !own.has(name));
  if (!template?.spec || claims.length === 0) return template;
  const volumes = claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...volumes] } };
}

function validatePodManagement(policy: string | undefined, field: string): FieldError[] {
  if (!policy) return [required(field)];
  return ['OrderedReady', 'Parallel'].includes(policy) ? [] : [invalidValue(field, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateUpdateStrategy(spec: StatefulSetSpec | undefined, path: string): FieldError[] {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  const field = `${path}.rollingUpdate`;
  if (!type) return [required(path)];
  if (type === 'OnDelete') {
    return rollingUpdate === undefined ? [] : [invalidValue(field, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type !== 'RollingUpdate') return [invalidValue(path, spec?.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  return [
    ...nonNegative(partition, `${field}.partition`),
    ...(maxUnavailable === undefined ? [] : nonNegativeOrPercentage(maxUnavailable, `${field}.maxUnavailable`)),
    ...(maxUnavailable !== undefined && amountOf(maxUnavailable) === 0
      ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'cannot be 0')]
      : []),
    ...(isOver100Percent(maxUnavailable) ? [invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%')] : []),
  ];
}

/** KEP-1847. */
function validateRetention(spec: StatefulSetSpec | undefined, path: string): FieldError[] {
  const policy = spec?.persistentVolumeClaimRetentionPolicy;
  if (!policy) return [];
  const known = ['Delete', 'Retain'];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((name) =>
    known.includes(policy[name] ?? '') ? [] : [notSupported(`${path}.${name}`, policy[name] ?? '', known)],
  );
}

/** `k8s.io/kubernetes/pkg/apis/apps/validation`, ValidateStatefulSetUpdate. */
export function validateStatefulSetUpdate(next: StatefulSet, previous: StatefulSet): FieldError[] {
  const fixed = ({ spec }: StatefulSet): Record<string, unknown> =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([name]) => !updatable.includes(name)));
  if (semanticEqual(fixed(next), fixed(previous))) return [];
  const names = `${updatable
    .slice(0, -1)
    .map((name) => `'${name}'`)
    .join(', ')} and '${updatable.at(-1)}'`;
  return [forbiddenField('spec', `updates to statefulset spec for fields other than ${names} are forbidden`)];
}

export function validateStatefulSetStatus({ status }: StatefulSet): FieldError[] {
  const { conditions: _conditions, currentRevision: _current, updateRevision: _update, ...counts } = status ?? { replicas: 0 };
  return validateCounts(counts, [
    'replicas',
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'availableReplicas',
    'observedGeneration',
  ]);
}
