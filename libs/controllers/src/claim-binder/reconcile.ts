import type { PersistentVolumeClaim, PersistentVolumeClaimStatus } from '#api/types';
import { lookUp } from '#base';
import type { Plan } from '#controller-runtime/contract';
import { claimClassOf, findVolume, isKeptFor, storageNames, volumeMismatch } from '#objects';
import { bindVolume, isWaiting } from './binding.ts';
import type { Action, Seen, Told } from './plan.ts';
import { provision } from './provision.ts';

export type { Action, Seen } from './plan.ts';

/** `k8s.io/kubernetes/pkg/controller/volume/persistentvolume`, syncClaim. */
export function reconcile(seen: Seen, now: Date): Plan<Action> {
  const isBound = lookUp(seen.claim.metadata.annotations ?? {}, storageNames.bindCompleted) !== undefined;
  return { actions: isBound ? ofBound(seen, now) : ofUnbound(seen, now) };
}

/** A claim that was bound once stays with its volume, or is lost. */
function ofBound({ claim, volume }: Seen, now: Date): Action[] {
  const name = claim.spec.volumeName;
  if (!name) return lost(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  if (!volume) return lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const holder = volume.spec.claimRef;
  if (holder && holder.uid !== claim.metadata.uid) {
    return lost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  }
  return bindVolume(claim, volume, now);
}

function lost(claim: PersistentVolumeClaim, reason: string, message: string): Action[] {
  if (claim.status?.phase === 'Lost') return [];
  return [
    { do: 'writeClaimStatus', claim, status: withPhase(claim, 'Lost') },
    { do: 'tell', about: claim, event: { type: 'Warning', reason, message } },
  ];
}

function ofUnbound(seen: Seen, now: Date): Action[] {
  const { claim, volumes, storageClass } = seen;
  if (claim.metadata.deletionTimestamp && !claim.spec.volumeName) return pending(claim);
  if (claim.spec.volumeName) return ofNamed(seen, now);
  const delayed = isWaiting(claim, storageClass);
  const found = findVolume(claim, volumes, { delayed });
  return found ? bindVolume(claim, found, now) : withoutVolume(seen, delayed);
}

/** A user has said which volume it is to be. */
function ofNamed({ claim, volume }: Seen, now: Date): Action[] {
  const name = claim.spec.volumeName ?? '';
  if (!volume) return pending(claim);
  if (!volume.spec.claimRef) {
    const why = volumeMismatch(volume, claim);
    if (why === undefined) return bindVolume(claim, volume, now);
    return pending(claim, { type: 'Warning', reason: 'VolumeMismatch', message: `Cannot bind to requested volume "${name}": ${why}` });
  }
  if (isKeptFor(volume, claim)) return bindVolume(claim, volume, now);
  return pending(claim, { type: 'Warning', reason: 'FailedBinding', message: `volume "${name}" already bound to a different claim.` });
}

function withoutVolume(seen: Seen, delayed: boolean): Action[] {
  const { claim, defaultClass, waitingPods, storageClass } = seen;
  const name = claimClassOf(claim);
  // KEP-3333: a class that became the default afterwards counts for claims that still wait.
  if (name === undefined && defaultClass) {
    return [{ do: 'writeClaim', claim: { ...claim, spec: { ...claim.spec, storageClassName: defaultClass.metadata.name } } }];
  }
  if (delayed) {
    const [pod] = waitingPods;
    const event = pod
      ? { reason: 'WaitForPodScheduled', message: `waiting for pod ${waitingPods.join(',')} to be scheduled` }
      : { reason: 'WaitForFirstConsumer', message: 'waiting for first consumer to be created before binding' };
    return pending(claim, { type: 'Normal', ...event });
  }
  if (!name) {
    const message = 'no persistent volumes available for this claim and no storage class is set';
    return pending(claim, { type: 'Normal', reason: 'FailedBinding', message });
  }
  if (!storageClass) {
    return pending(claim, { type: 'Warning', reason: 'ProvisioningFailed', message: `storageclass.storage.k8s.io "${name}" not found` });
  }
  return [...pending(claim), ...provision(seen, storageClass)];
}

function pending(claim: PersistentVolumeClaim, event?: Told): Action[] {
  return [
    ...(event ? [{ do: 'tell', about: claim, event } as const] : []),
    ...(claim.status?.phase === 'Pending' ? [] : [{ do: 'writeClaimStatus', claim, status: withPhase(claim, 'Pending') } as const]),
  ];
}

/** What only a bound claim has goes with its volume. */
const withPhase = ({ status }: PersistentVolumeClaim, phase: string): PersistentVolumeClaimStatus => {
  const { accessModes: _modes, capacity: _capacity, ...rest } = status ?? {};
  return { ...rest, phase };
};
