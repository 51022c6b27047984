import type { DaemonSet, Pod } from '#api/types';
import { maxSurge, maxUnavailable, type Place, type PodRules } from './places.ts';

interface Replacement {
  createOn: string[];
  remove: Pod[];
}

/** `pkg/controller/daemon/update.go`, rollingUpdate: the old pods that may go now, or the nodes that may have a new one beside theirs. */
export function rollingUpdate(set: DaemonSet, places: readonly Place[], rules: PodRules): Replacement {
  const wanted = places.filter((place) => place.wanted).length;
  const concerned = places.filter((place) => place.wanted || place.pods.length > 0);
  const surge = maxSurge(set, wanted);
  return surge > 0
    ? surging(concerned, rules, { surge, wanted })
    : { createOn: [], remove: replacing(concerned, rules, maxUnavailable(set, wanted)) };
}

/** Old pods that are not available go at once; of the others as many as may be missing. */
function replacing(places: readonly Place[], rules: PodRules, limit: number): Pod[] {
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const place of places) {
    const { newPods, oldPods } = byTemplate(place, rules);
    const [pod, ...more] = [...newPods, ...oldPods];
    if (!pod || more.length > 0) {
      unavailable++; // to be made, or too many, which is mended first
    } else if (!rules.isAvailable(pod)) {
      unavailable++;
      broken.push(...oldPods);
    } else {
      candidates.push(...oldPods);
    }
  }
  return [...broken, ...candidates.slice(0, Math.max(0, limit - unavailable))];
}

/** New pods come first: at once where the old one is not available, and beside `surge` others. */
function surging(places: readonly Place[], rules: PodRules, { surge, wanted }: { surge: number; wanted: number }): Replacement {
  const broken: string[] = [];
  const candidates: string[] = [];
  const replaced: Pod[] = [];
  const misplaced: Pod[] = [];
  let surged = 0;
  let available = 0;
  for (const place of places) {
    const { newPods, oldPods } = byTemplate(place, rules);
    const [newPod, oldPod] = [newPods[0], oldPods[0]];
    if (newPods.length > 1 || oldPods.length > 1) {
      surged++;
      continue;
    }
    const counted = oldPod ?? newPod;
    const isAvailable = counted !== undefined && rules.isAvailable(counted);
    if (isAvailable) available++;
    if (!oldPod) continue;
    if (newPod) {
      if (rules.isAvailable(newPod)) replaced.push(oldPod);
      else surged++;
    } else if (place.wanted) {
      (isAvailable ? candidates : broken).push(place.node);
    } else {
      (isAvailable ? misplaced : replaced).push(oldPod);
    }
  }
  // Where the set has moved to other nodes, a pod stays until one there has taken over.
  const surplus = misplaced.slice(0, Math.max(0, available - wanted));
  return { createOn: [...broken, ...candidates.slice(0, Math.max(0, surge - surged))], remove: [...replaced, ...surplus] };
}

function byTemplate({ pods }: Place, rules: PodRules): { newPods: Pod[]; oldPods: Pod[] } {
  const staying = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  return { newPods: staying.filter((pod) => rules.isUpdated(pod)), oldPods: staying.filter((pod) => !rules.isUpdated(pod)) };
}
