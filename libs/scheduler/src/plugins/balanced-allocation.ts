import type { ScorePlugin } from '../contract.ts';

/** Prefers nodes whose CPU and memory would be used to a similar degree: the standard deviation of the two fractions, reversed. */
export const balancedAllocation: ScorePlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(_state, { scoringRequests }, { allocatable, scoringRequested }) {
    const fraction = (used: number, capacity: number): number => (capacity === 0 ? 1 : Math.min(1, used / capacity));
    const cpu = fraction(scoringRequested.cpuMillis + scoringRequests.cpuMillis, allocatable.cpuMillis);
    const memory = fraction(scoringRequested.memoryBytes + scoringRequests.memoryBytes, allocatable.memoryBytes);
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * 100);
  },
};
