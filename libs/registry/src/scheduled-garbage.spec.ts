import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import { collectInIntervals } from './scheduled-garbage.ts';

describe('scheduled garbage collection', () => {
  const MINUTE = 60_000;

  it('comes ten minutes after the start, then in intervals, a failure notwithstanding, until it is ended', async () => {
    const clock = new ManualClock();
    const ending = new AbortController();
    const runs: { minute: number; graceMs?: number }[] = [];
    const startMs = clock.monotonicMs();
    const registry = {
      collectGarbage: async ({ graceMs }: { graceMs?: number } = {}) => {
        runs.push({ minute: (clock.monotonicMs() - startMs) / MINUTE, ...(graceMs !== undefined && { graceMs }) });
        if (runs.length === 1) throw new Error('the disk is gone for a moment');
        return { removedBlobs: [], removedUploads: 0, removedTags: 0, removedManifests: 0, freedBytes: 0, keptBlobs: 0 };
      },
    };
    const done = collectInIntervals({ registry, intervalMs: 60 * MINUTE, graceMs: 5, clock, logger: silentLogger }, ending.signal);
    for (let minute = 0; minute < 131; minute++) await clock.advance(MINUTE);
    expect(runs).toEqual([10, 70, 130].map((minute) => ({ minute, graceMs: 5 })));
    ending.abort();
    await done;
  });
});
