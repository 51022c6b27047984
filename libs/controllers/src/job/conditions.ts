import { timestamp } from '#api';
import type { JobCondition } from '#api/types';

/** The list with a condition added or changed; a first one that is False would say nothing. */
export function withCondition(
  list: readonly JobCondition[],
  { type, status, reason, message }: { type: string; status: 'True' | 'False'; reason?: string; message?: string },
  now: Date,
): JobCondition[] {
  const present = list.find((condition) => condition.type === type);
  if (!present && status === 'False') return [...list];
  const same = present?.status === status && (present.reason ?? '') === (reason ?? '') && (present.message ?? '') === (message ?? '');
  if (same) return [...list];
  const time = timestamp(now);
  const next = { type, status, lastProbeTime: time, lastTransitionTime: time, ...(reason && { reason }), ...(message && { message }) };
  return present ? list.map((condition) => (condition === present ? next : condition)) : [...list, next];
}
