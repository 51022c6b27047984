import type { Pod } from '#api/types';
import { shutdownGroups, shutdownOrder } from './shutdown-plan.ts';
import { pod } from './testing/pod-builder.ts';

describe('the end of pods with their node', () => {
  const of = (name: string, priority?: number): Pod => pod({ priority }, { name });
  const pods = [of('critical', 2_000_001_000), of('plain'), of('dear', 1000), of('cheap', -5), of('exact', 2_000_000_000)];
  const order = (groups: Parameters<typeof shutdownOrder>[0]) =>
    shutdownOrder(groups, pods, (each) => each).map(({ graceMs, pods: members }) => [graceMs, ...members.map((m) => m.metadata.name)]);

  it('is that of ordinary pods first, then that of critical ones, each in its part of the time', () => {
    expect(order(shutdownGroups(30_000, 10_000))).toEqual([
      [20_000, 'plain', 'dear', 'cheap'],
      [10_000, 'critical', 'exact'],
    ]);
  });

  it('is by their priority: each is in the highest group that is not above it, or in the lowest', () => {
    const groups = [
      { priority: 1000, graceMs: 2 },
      { priority: 0, graceMs: 1 },
      { priority: 2_000_001_000, graceMs: 3 },
    ];
    expect(order(groups)).toEqual([
      [1, 'plain', 'cheap'],
      [2, 'dear', 'exact'],
      [3, 'critical'],
    ]);
  });
});
