import type { DaemonSet, Pod } from '#api/types';
import { allowsSurge, type Place, type Places, type PodRules } from './places.ts';

/** A pod that has ended, and is to make room for another. */
export interface Ended {
  pod: Pod;
  node: string;
}

export interface Changes {
  createOn: string[];
  remove: Pod[];
  ended: Ended[];
  /** When a failed pod, which is left for now, may go. */
  retryAtMs: number;
}

/** `pkg/controller/daemon`, podsShouldBeOnNode: what is amiss on each node, updates aside. `retryAtMs` is when the next failure of a node is due. */
export function manage(set: DaemonSet, { all, stranded }: Places, rules: PodRules, retryAtMs: (node: string) => number): Changes {
  const changes: Changes = { createOn: [], remove: [...stranded], ended: [], retryAtMs: Infinity };
  const surges = allowsSurge(set);
  for (const place of all) {
    if (place.wanted && place.pods.length === 0) changes.createOn.push(place.node);
    else if (!place.mayStay) changes.remove.push(...staying(place.pods));
    else onePerNode(place, changes, { surges, rules, retryAtMs });
  }
  return changes;
}

interface How {
  surges: boolean;
  rules: PodRules;
  retryAtMs: (node: string) => number;
}

function onePerNode(place: Place, changes: Changes, { surges, rules, retryAtMs }: How): void {
  const { node, wanted } = place;
  const running: Pod[] = [];
  for (const pod of staying(place.pods)) {
    if (pod.status?.phase === 'Succeeded' || (pod.status?.phase === 'Failed' && rules.isPast(retryAtMs(node))))
      changes.ended.push({ pod, node });
    else if (pod.status?.phase === 'Failed') changes.retryAtMs = Math.min(changes.retryAtMs, retryAtMs(node));
    else running.push(pod);
  }
  if (!surges) changes.remove.push(...running.slice(1));
  else if (running.length > 1) changes.remove.push(...surplusOfSurge(running, rules));
  else if (running.length === 0 && wanted) changes.createOn.push(node);
}

/** The oldest of each template may be there together, until the new one is available or the old one is not ready any more. */
function surplusOfSurge(running: readonly Pod[], rules: PodRules): Pod[] {
  const [newPod, ...moreNew] = running.filter((pod) => rules.hasHash(pod));
  const [oldPod, ...moreOld] = running.filter((pod) => !rules.hasHash(pod));
  const replaced = newPod && oldPod && (!rules.isReady(oldPod) || rules.isAvailable(newPod));
  return [...moreNew, ...moreOld, ...(replaced ? [oldPod] : [])];
}

const staying = (pods: readonly Pod[]): Pod[] => pods.filter(({ metadata }) => !metadata.deletionTimestamp);
