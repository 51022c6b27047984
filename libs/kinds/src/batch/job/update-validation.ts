import { type FieldError, invalidValue } from '#api';
import type { Container, Job, PodTemplateSpec } from '#api/types';
import { hasJobCondition } from '#objects';
import { immutableField } from '../../rules/equality.ts';

const immutable = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

/** `k8s.io/kubernetes/pkg/apis/batch/validation`, ValidateJobUpdate. */
export function validateJobUpdate(next: Job, previous: Job): FieldError[] {
  const before = isAtRest(previous) ? withFreeParts(previous.spec?.template, next.spec?.template) : previous.spec?.template;
  return [
    ...validateCompletions(next, previous),
    ...immutableField(next.spec?.selector, previous.spec?.selector, 'spec.selector'),
    ...immutableField(next.spec?.template, before, 'spec.template'),
    ...immutable.flatMap((name) => immutableField(next.spec?.[name], previous.spec?.[name], `spec.${name}`)),
  ];
}

/** KEP-3715: an Indexed Job grows and shrinks, completions and parallelism together. */
function validateCompletions(next: Job, previous: Job): FieldError[] {
  const { completions, parallelism, completionMode } = next.spec ?? {};
  if (completionMode !== 'Indexed') return immutableField(completions, previous.spec?.completions, 'spec.completions');
  if (completions === undefined || completions === previous.spec?.completions || completions === parallelism) return [];
  return [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Suspended, and no pod of the present template runs: where its pods go and what they ask for may still change (KEP-2926, KEP-5440). */
function isAtRest(job: Job): boolean {
  const { spec, status } = job;
  const stopped = status?.startTime === undefined || hasJobCondition(job, 'Suspended');
  return Boolean(spec?.suspend) && stopped && !status?.active;
}

/** The former template with what may change as in the next one. */
function withFreeParts(previous: PodTemplateSpec | undefined, next: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  if (!previous?.spec || !next?.spec) return previous;
  const { nodeSelector, tolerations, schedulingGates } = next.spec;
  const { labels, annotations } = next.metadata ?? {};
  return {
    ...previous,
    metadata: { ...previous.metadata, labels, annotations },
    spec: {
      ...previous.spec,
      nodeSelector,
      tolerations,
      schedulingGates,
      affinity: { ...previous.spec.affinity, nodeAffinity: next.spec.affinity?.nodeAffinity },
      containers: withResources(previous.spec.containers, next.spec.containers) ?? [],
      initContainers: withResources(previous.spec.initContainers, next.spec.initContainers),
    },
  };
}

function withResources(previous: Container[] | undefined, next: Container[] | undefined): Container[] | undefined {
  return previous?.map((container, i) => ({ ...container, resources: next?.[i]?.resources }));
}
