import { ApiError, type KubeObject } from '#api';
import type { PersistentVolumeClaim, StatefulSet } from '#api/types';
import { controllerOf } from '#controller-runtime';
import type { Io } from '#controller-runtime/contract';
import { resources } from '#objects';

/** The claims of one pod. They outlive it, so that the next one of that name finds its data. */
function claimsOf(set: StatefulSet, pod: string): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    metadata: {
      ...template.metadata,
      name: claimName(template.metadata.name ?? '', pod),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
    },
  }));
}

export function claimName(volume: string, pod: string): string {
  return `${volume}-${pod}`;
}

/** Whether one of them goes with the pod of that name that is gone: the next pod waits for it to be gone too. */
export async function hasStaleClaim(io: Io, set: StatefulSet, pod: string): Promise<boolean> {
  for (const claim of claimsOf(set, pod)) {
    const present = await claimNow(io, claim);
    if (present && isStale(present, pod)) return true;
  }
  return false;
}

/** Before the pod, which could not start without them. Answers why one is not there. */
export async function createClaims(io: Io, set: StatefulSet, pod: string): Promise<string | undefined> {
  const failures: string[] = [];
  for (const claim of claimsOf(set, pod)) {
    const failure = await createClaim(io, { set, pod }, claim);
    if (failure !== undefined) failures.push(failure);
  }
  return failures.length > 1 ? `[${failures.join(', ')}]` : failures[0];
}

async function createClaim(
  io: Io,
  { set, pod }: { set: StatefulSet; pod: string },
  claim: PersistentVolumeClaim,
): Promise<string | undefined> {
  const resource = resources.persistentVolumeClaims;
  const { namespace, name = '' } = claim.metadata;
  const present = await claimNow(io, claim);
  if (present) return present.metadata.deletionTimestamp ? `pvc ${name} is being deleted` : undefined;
  const [result] = await io.api.writeMany([{ verb: 'create', resource, namespace, object: claim }]);
  if (!result) throw new Error('a write got no outcome');
  const where = `Pod ${pod} in StatefulSet ${set.metadata.name}`;
  if (result.ok) {
    io.events.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `create Claim ${name} ${where} success` });
    return undefined;
  }
  const { message, reason } = result.status;
  if (reason !== 'AlreadyExists') {
    io.events.event(set, {
      type: 'Warning',
      reason: 'FailedCreate',
      message: `create Claim ${name} for ${where} failed error: ${message}`,
    });
  }
  return `failed to create PVC ${name}: ${message}`;
}

/** `PodClaimIsStale` of upstream. */
function isStale(claim: KubeObject, pod: string): boolean {
  const owner = controllerOf(claim);
  return owner?.kind === 'Pod' && owner.name === pod;
}

async function claimNow(io: Io, { metadata: { namespace, name = '' } }: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await io.api.get({ resource: resources.persistentVolumeClaims, namespace, name });
  } catch (err) {
    if (err instanceof ApiError && err.status.code === 404) return undefined;
    throw err;
  }
}
