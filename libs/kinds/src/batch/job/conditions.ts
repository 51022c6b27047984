import type { JobStatus } from '#api/types';

export const hasCondition = (status: JobStatus | undefined, type: string): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

export const isFinished = (status: JobStatus | undefined): boolean => hasCondition(status, 'Complete') || hasCondition(status, 'Failed');
