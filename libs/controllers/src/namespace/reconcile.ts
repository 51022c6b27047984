import { type KubeObject, timestamp } from '#api';
import type { Namespace, NamespaceCondition } from '#api/types';
import type { Resource } from '#client';

/** What is left in a namespace that is going away, of one resource. */
export interface Remaining {
  resource: Resource;
  objects: readonly KubeObject[];
}

export interface Seen {
  namespace: Namespace;
  remaining: readonly Remaining[];
  /** What went wrong in this round. */
  failures: readonly string[];
}

/** The condition texts of `pkg/controller/namespace/deletion`, which `kubectl describe` shows to who waits for a namespace. */
export function conditionsOf({ namespace, remaining, failures }: Seen, now: Date): NamespaceCondition[] {
  const left = remaining.filter(({ objects }) => objects.length > 0);
  const finalizers = finalizerCounts(left);
  const wanted: NamespaceCondition[] = [
    condition('NamespaceDeletionDiscoveryFailure', false, ['ResourcesDiscovered', 'All resources successfully discovered']),
    condition('NamespaceDeletionGroupVersionParsingFailure', false, ['ParsedGroupVersions', 'All legacy kube types successfully parsed']),
    failures.length > 0
      ? condition('NamespaceDeletionContentFailure', true, [
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        ])
      : condition('NamespaceDeletionContentFailure', false, [
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ]),
    left.length > 0
      ? condition('NamespaceContentRemaining', true, [
          'SomeResourcesRemain',
          `Some resources are remaining: ${left.map(resourceText).toSorted().join(', ')}`,
        ])
      : condition('NamespaceContentRemaining', false, ['ContentRemoved', 'All content successfully removed']),
    finalizers.size > 0
      ? condition('NamespaceFinalizersRemaining', true, [
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizersText(finalizers)}`,
        ])
      : condition('NamespaceFinalizersRemaining', false, ['ContentHasNoFinalizers', 'All content-preserving finalizers finished']),
  ];
  const present = namespace.status?.conditions ?? [];
  const others = present.filter(({ type }) => !wanted.some((next) => next.type === type));
  return [...others, ...wanted.map((next) => merged(present, next, now))];
}

function condition(type: string, holds: boolean, [reason, message]: [string, string]): NamespaceCondition {
  return { type, status: holds ? 'True' : 'False', reason, message };
}

function merged(present: readonly NamespaceCondition[], next: NamespaceCondition, now: Date): NamespaceCondition {
  const before = present.find(({ type }) => type === next.type);
  if (before && before.status === next.status && before.reason === next.reason && before.message === next.message) return before;
  return { ...next, lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : timestamp(now) };
}

function resourceText({ resource: { resource, group }, objects }: Remaining): string {
  return `${group ? `${resource}.${group}` : `${resource}.`} has ${objects.length} resource instances`;
}

function finalizerCounts(remaining: readonly Remaining[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata } of remaining.flatMap(({ objects }) => objects)) {
    for (const finalizer of metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return counts;
}

function finalizersText(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .map(([name, count]) => `${name} in ${count} resource instances`)
    .toSorted()
    .join(', ');
}
