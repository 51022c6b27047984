import { lookUp } from '#base';
import type { Deployment, ReplicaSet } from '#api/types';
import { maxSurge, replicasOf } from './limits.ts';

/** Kept on the Deployment and on each set: `kubectl rollout history` and `undo` go by it. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
/** The Deployment's `spec.replicas` when the set was last resized; another number there now means that the Deployment has been scaled. */
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
/** Likewise with the surge added: the whole of which a set's share is reckoned in proportional scaling. */
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Not copied from a Deployment to its ReplicaSets: they say something about the one object only. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);
const maxHistoryChars = 2000;

type Annotations = Readonly<Record<string, string>>;

/** 0 for none, and for what is no number: users may write annotations too. */
export function revisionOf(set: { metadata: { annotations?: Annotations } }): number {
  const text = set.metadata.annotations?.[revisionAnnotation] ?? '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Undefined where the annotation is missing or no whole number, so that a set made by hand is not taken for one that was scaled. */
export function numberAnnotation(set: ReplicaSet, name: string): number | undefined {
  const text = lookUp(set.metadata.annotations, name);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** What proportional scaling later reckons from: how large the Deployment was when this set got its size. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const desired = replicasOf(deployment);
  return { [desiredAnnotation]: String(desired), [maxAnnotation]: String(desired + maxSurge(deployment)) };
}

/** `deploymentutil.SetNewReplicaSetAnnotations`: the annotations of the set that a Deployment now asks for. */
export function newSetAnnotations(deployment: Deployment, present: Annotations | undefined, newRevision: number): Annotations {
  const copied = Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !ownAnnotations.has(name)));
  const annotations: Record<string, string> = { ...present, ...copied };
  const before = present?.[revisionAnnotation];
  const oldRevision = before !== undefined && /^\d+$/.test(before) ? Number(before) : 0;
  if (oldRevision < newRevision) {
    annotations[revisionAnnotation] = String(newRevision);
    if (before !== undefined) annotations[historyAnnotation] = withHistory(present?.[historyAnnotation], before);
  }
  return present ? annotations : { ...annotations, ...sizeAnnotations(deployment) };
}

/** A rollback gives an old set a new revision; the former ones are kept, the oldest dropped when the text gets too long. */
function withHistory(history: string | undefined, revision: string): string {
  const revisions = history ? [...history.split(','), revision] : [revision];
  while (revisions.length > 1 && revisions.join(',').length > maxHistoryChars) revisions.shift();
  return revisions.join(',');
}
