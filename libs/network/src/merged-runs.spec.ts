import { nextTurn } from '#base';
import { MergedRuns } from './merged-runs.ts';

describe('merged runs', () => {
  let runs: PromiseWithResolvers<void>[];
  let merged: MergedRuns;
  beforeEach(() => {
    runs = [];
    merged = new MergedRuns(() => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    });
  });

  it('go one at a time, and those who wait share the next', async () => {
    const first = merged.request();
    await nextTurn();
    const waiting = [merged.request(), merged.request()];
    await nextTurn();
    expect(runs).toHaveLength(1);
    runs[0]!.resolve();
    await first;
    await nextTurn();
    expect(runs).toHaveLength(2);
    runs[1]!.resolve();
    await Promise.all(waiting);
    expect(runs).toHaveLength(2);
  });

  it('fail for those who asked for them alone', async () => {
    const first = merged.request();
    await nextTurn();
    const second = merged.request();
    runs[0]!.reject(new Error('refused'));
    await expect(first).rejects.toThrow('refused');
    await nextTurn();
    runs[1]!.reject(new Error('refused too'));
    await merged.idle();
    await expect(second).rejects.toThrow('refused too');
  });
});
