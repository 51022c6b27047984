import type { FilterPlugin, PreFilterPlugin, ReservePlugin, ScorePlugin } from '../contract.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { dynamicResources } from './dynamic-resources.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** Which plugin runs at which extension point, in order: the cheap and the most often refusing filters first. */
export interface Profile {
  preFilters: readonly PreFilterPlugin[];
  filters: readonly FilterPlugin[];
  scores: readonly ScorePlugin[];
  reserves: readonly ReservePlugin[];
}

/**
 * Upstream's default plugins, as far as this API serves what they read. The order of filters decides only which of several refusals is
 * told, and with it whether preemption is tried.
 */
export const defaultProfile: Profile = {
  preFilters: [volumeBinding, volumeRestrictions, nodeVolumeLimits, volumeZone, podTopologySpread, interPodAffinity],
  reserves: [volumeBinding],
  filters: [
    nodeUnschedulable,
    nodeName,
    volumeRestrictions,
    nodeVolumeLimits,
    volumeBinding,
    volumeZone,
    dynamicResources,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    podTopologySpread,
    interPodAffinity,
  ],
  scores: [taintToleration, nodeAffinity, podTopologySpread, interPodAffinity, nodeResourcesFit, balancedAllocation, imageLocality],
};
