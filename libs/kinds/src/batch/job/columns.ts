import type { Job } from '#api/types';
import { hasJobCondition } from '#objects';
import type { Column } from '../../contract.ts';
import { age, humanDuration } from '../../rules/columns.ts';
import { wideColumns } from '../../rules/workload.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printJob. */
export const columns: readonly Column<Job>[] = [
  { name: 'Status', type: 'string', description: 'Status of the job.', value: statusOf },
  { name: 'Completions', type: 'string', value: completionsOf },
  { name: 'Duration', type: 'string', description: 'Time required to complete the job.', value: durationOf },
  age,
  ...wideColumns,
];

function statusOf(job: Job): string {
  const has = (type: string): boolean => hasJobCondition(job, type);
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, now: Date): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : now.getTime();
  return humanDuration(end - Date.parse(status.startTime));
}
