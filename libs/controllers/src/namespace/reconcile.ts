import { deepEqual, type KubeObject, timestamp } from '#api';
import type { Namespace, NamespaceCondition, NamespaceStatus } from '#api/types';
import type { Resource } from '#client';
import type { Plan } from '#controller-runtime/contract';

/** What is left in a namespace that is going away, of one resource. */
export interface Remaining {
  resource: Resource;
  objects: readonly KubeObject[];
  /** Why it could not be told what is left, or could not be deleted. */
  failure?: string;
}

/** One namespace that is being deleted and what is left in it. */
export interface Seen {
  namespace: Namespace;
  /** Its pods as long as there are any, then everything else: secrets, volumes and policies outlast the pods that use them (KEP-5080). */
  content: readonly Remaining[];
}

export type Action =
  | { do: 'deleteContent'; namespace: Namespace; content: readonly Remaining[] }
  | { do: 'updateStatus'; namespace: Namespace; status: NamespaceStatus }
  | { do: 'finalize'; namespace: Namespace };

/** In `spec.finalizers`, not in metadata: it is taken away by the `finalize` subresource. */
export const contentFinalizer = 'kubernetes';
/** How long until a look at content that is on its way out. Pods tell by themselves when they are gone. */
const lookAgainMs = 1_000;

/** `pkg/controller/namespace/deletion`: empties a namespace that is being deleted, then lets it go. */
export function reconcile({ namespace, content }: Seen, now: Date): Plan<Action> {
  const live = content.filter(({ objects }) => objects.some(({ metadata }) => !metadata.deletionTimestamp));
  const isFailing = content.some(({ failure }) => failure);
  // Conditions are about what stays: what goes at once is gone at the next look.
  const update = live.length === 0 || isFailing ? statusUpdate({ namespace, content }, now) : [];
  if (live.length > 0) return { actions: [...update, { do: 'deleteContent', namespace, content: live }], requeueAfterMs: 0 };
  if (isFailing || content.some(({ objects }) => objects.length > 0)) return { actions: update, requeueAfterMs: lookAgainMs };
  return { actions: [...update, { do: 'finalize', namespace }] };
}

/** Empty when the status says so already. */
function statusUpdate({ namespace, content }: Seen, now: Date): Action[] {
  const conditions = conditionsOf({ namespace, content }, now);
  if (deepEqual(conditions, namespace.status?.conditions ?? [])) return [];
  return [{ do: 'updateStatus', namespace, status: { ...namespace.status, phase: 'Terminating', conditions } }];
}

/** The condition texts which `kubectl describe` shows to who waits for a namespace. */
function conditionsOf({ namespace, content }: Seen, now: Date): NamespaceCondition[] {
  const left = content.filter(({ objects }) => objects.length > 0);
  const failures = content.flatMap(({ failure }) => failure ?? []);
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
