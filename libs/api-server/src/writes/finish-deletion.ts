import type { KubeObject } from '#api';
import type { ServedKind } from '../contract.ts';

/** Whether this update takes away the last thing that kept a deleted object: `ShouldDeleteDuringUpdate`. */
export function finished(kind: ServedKind, next: KubeObject, previous: KubeObject): boolean {
  const { metadata } = next;
  // Only an object that was deleted before can go now, and only once nobody holds it by a finalizer.
  if (!metadata.deletionTimestamp || (metadata.finalizers ?? []).length > 0) return false;
  // A pod's grace is still running: its node deletes it with grace 0 when it is over.
  if ((previous.metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return kind.definition.strategy?.canFinish?.(next) ?? true;
}
