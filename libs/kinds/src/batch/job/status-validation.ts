import { duplicate, type FieldError, invalidState, invalidValue, required } from '#api';
import type { Job, JobStatus } from '#api/types';
import { hasJobCondition, isJobFinished } from '#objects';
import { nonNegative } from '../../rules/checks.ts';
import { semanticEqual } from '../../rules/equality.ts';
import { overlap, parseIndexes } from './indexes.ts';

/**
 * KEP-4368: since other controllers may manage Jobs (`managedBy`), a status has to make sense. A rule is applied only where its fields
 * change, so that a status from before the rule, or one that a scaled-down Job is left with, can be mended step by step.
 */
export function validateJobStatus(next: Job, previous: Job): FieldError[] {
  const [status, before] = [next.status ?? {}, previous.status ?? {}];
  return [
    ...(['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((name) => nonNegative(status[name], `status.${name}`)),
    ...validateUncounted(status),
    ...validateEnd(status, before),
    ...validateIndexFields(next, before),
    ...validatePodCounts(status, before),
    ...validateTransition(next, before),
  ];
}

const conditions = (detail: string): FieldError => invalidState('status.conditions', detail);

function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus): FieldError[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap((list) =>
    (uncounted?.[list] ?? []).flatMap((uid, i) => {
      const field = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === '') return [invalidValue(field, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(field, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

/** Conditions and times of the end, as they belong together. */
function validateEnd(status: JobStatus, before: JobStatus): FieldError[] {
  const has = (type: string): boolean => hasJobCondition({ status }, type);
  const changed = (type: string): boolean => has(type) !== hasJobCondition({ status: before }, type);
  const [complete, failed] = [has('Complete'), has('Failed')];
  const { completionTime, startTime } = status;
  const [ends, starts] = [completionTime !== before.completionTime, startTime !== before.startTime];
  const either = (one: string, other: string, active: boolean): FieldError[] =>
    active && has(one) && has(other) ? [conditions(`cannot set ${one}=True and ${other}=true conditions`)] : [];
  return [
    ...either('Complete', 'Failed', changed('Complete') || changed('Failed')),
    ...either('Complete', 'FailureTarget', changed('Complete') || changed('FailureTarget')),
    ...((changed('Complete') || ends) && completionTime !== undefined && !complete
      ? [invalidValue('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition')]
      : []),
    ...((changed('Complete') || ends) && completionTime === undefined && complete
      ? [required('status.completionTime', 'completionTime is required for Complete jobs')]
      : []),
    ...((starts || ends) && startTime !== undefined && completionTime !== undefined && Date.parse(completionTime) < Date.parse(startTime)
      ? [invalidValue('status.completionTime', completionTime, 'completionTime cannot be set before startTime')]
      : []),
    ...(changed('Failed') && failed && !has('FailureTarget')
      ? [conditions('cannot set Failed=True condition without the FailureTarget=true condition')]
      : []),
    ...(changed('Complete') && complete && !has('SuccessCriteriaMet')
      ? [conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')]
      : []),
    ...either('SuccessCriteriaMet', 'Failed', true),
    ...either('SuccessCriteriaMet', 'FailureTarget', true),
  ];
}

function validateIndexFields({ spec, status = {} }: Job, before: JobStatus): FieldError[] {
  const { completedIndexes = '', failedIndexes } = status;
  const [completed, failed] = [completedIndexes !== (before.completedIndexes ?? ''), failedIndexes !== before.failedIndexes];
  const parse = (name: string, text: string): FieldError[] => {
    const parsed = parseIndexes(text, spec?.completions ?? 0);
    return 'error' in parsed ? [invalidValue(`status.${name}`, text, `error parsing ${name}: ${parsed.error}`)] : [];
  };
  const known = spec?.completions !== undefined;
  const both = known && failedIndexes !== undefined ? overlap(completedIndexes, failedIndexes, spec.completions ?? 0) : undefined;
  const perIndex = spec?.backoffLimitPerIndex !== undefined;
  return [
    ...(completed && known ? parse('completedIndexes', completedIndexes) : []),
    ...(failed && known && perIndex && failedIndexes !== undefined ? parse('failedIndexes', failedIndexes) : []),
    ...(completed && completedIndexes !== '' && spec?.completionMode !== 'Indexed'
      ? [
          invalidValue(
            'status.completedIndexes',
            completedIndexes,
            'cannot set non-empty completedIndexes when non-indexed completion mode',
          ),
        ]
      : []),
    ...(failed && !perIndex && failedIndexes !== undefined
      ? [invalidValue('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null')]
      : []),
    ...((completed || failed) && both !== undefined
      ? [invalidValue('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`)]
      : []),
  ];
}

function validatePodCounts(status: JobStatus, before: JobStatus): FieldError[] {
  const finished = isJobFinished({ status });
  const ended = finished !== isJobFinished({ status: before });
  const { active = 0, terminating = 0, ready, startTime, uncountedTerminatedPods: uncounted } = status;
  const waiting = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0);
  const differs = (name: keyof JobStatus): boolean => !semanticEqual(status[name], before[name]);
  return [
    ...((ended || differs('active')) && finished && active > 0
      ? [invalidValue('status.active', active, 'active>0 is invalid for finished job')]
      : []),
    ...((ended || differs('startTime')) && finished && startTime === undefined
      ? [required('status.startTime', 'startTime is required for finished job')]
      : []),
    ...((ended || differs('uncountedTerminatedPods')) && finished && waiting > 0
      ? [invalidValue('status.uncountedTerminatedPods', uncounted, 'uncountedTerminatedPods needs to be empty for finished job')]
      : []),
    ...((ended || differs('terminating')) && finished && terminating > 0
      ? [invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job')]
      : []),
    ...((differs('ready') || differs('active')) && ready !== undefined && ready > Math.max(0, active)
      ? [invalidValue('status.ready', ready, 'cannot set more ready pods than active')]
      : []),
  ];
}

/** What never goes back. */
function validateTransition({ spec, status = {} }: Job, before: JobStatus): FieldError[] {
  const scales = spec?.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  const decreased = (name: 'failed' | 'succeeded'): FieldError[] =>
    (status[name] ?? 0) < (before[name] ?? 0)
      ? [invalidValue(`status.${name}`, status[name] ?? 0, `cannot decrease the ${name} counter`)]
      : [];
  const lost = (type: string): boolean => hasJobCondition({ status: before }, type) && !hasJobCondition({ status }, type);
  const moved = (name: 'completionTime' | 'startTime'): boolean => before[name] !== undefined && status[name] !== before[name];
  const late =
    hasJobCondition({ status: before }, 'Complete') &&
    !hasJobCondition({ status: before }, 'SuccessCriteriaMet') &&
    hasJobCondition({ status }, 'SuccessCriteriaMet');
  return [
    ...['Failed', 'Complete', 'FailureTarget'].filter(lost).map((type) => conditions(`cannot disable the terminal ${type}=True condition`)),
    ...decreased('failed'),
    ...(scales ? [] : decreased('succeeded')),
    ...(moved('completionTime') && status.completionTime !== undefined
      ? [invalidValue('status.completionTime', status.completionTime, 'completionTime cannot be mutated')]
      : []),
    ...(moved('startTime') && !spec?.suspend ? [required('status.startTime', 'startTime cannot be removed for unsuspended job')] : []),
    ...(lost('SuccessCriteriaMet') ? [conditions('cannot disable the SuccessCriteriaMet=True condition')] : []),
    ...(late ? [conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')] : []),
  ];
}
