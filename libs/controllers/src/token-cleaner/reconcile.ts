import type { Secret } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { bootstrapExpiration } from '#objects';

export type Seen = Secret;
export type Action = { do: 'delete'; secret: Secret };

/** `pkg/controller/bootstrap`, tokencleaner.go. */
export function reconcile(secret: Seen, now: Date): Plan<Action> {
  const expires = bootstrapExpiration(secret);
  if (!expires || secret.metadata.deletionTimestamp) return { actions: [] };
  const leftMs = expires.getTime() - now.getTime();
  return leftMs <= 0 ? { actions: [{ do: 'delete', secret }] } : { actions: [], requeueAfterMs: leftMs };
}
