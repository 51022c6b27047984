import { collectWhenIdle } from './idle-collection.ts';
import { ManualClock } from './manual-clock.ts';

const megabyte = 1024 * 1024;

/** A process that keeps 20 MB of what it holds. */
async function watched() {
  const clock = new ManualClock();
  const stop = new AbortController();
  const state = { held: 40 * megabyte, used: 0, collections: 0 };
  const collect = (): void => {
    state.collections++;
    state.held = 20 * megabyte;
  };
  const done = collectWhenIdle(clock, { collect, heldBytes: () => state.held, usedMicros: () => state.used }, stop.signal);
  await clock.advance(0); // the first look, before anything is known
  return { clock, state, end: () => (stop.abort(), done) };
}

describe('collectWhenIdle', () => {
  it('collects once when a process has become idle, and again only when it has grown', async () => {
    const { clock, state, end } = await watched();
    state.used += 5_000_000;
    await clock.advance(20_000);
    await clock.advance(100_000);
    expect(state.collections).toBe(1);
    state.held += 3 * megabyte;
    await clock.advance(40_000);
    expect(state.collections).toBe(1);
    state.held += 30 * megabyte;
    await clock.advance(40_000);
    expect(state).toMatchObject({ collections: 2, held: 20 * megabyte });
    await end();
  });

  it('leaves a busy process alone', async () => {
    const { clock, state, end } = await watched();
    for (let i = 0; i < 10; i++) {
      state.used += 10_000_000;
      await clock.advance(20_000);
    }
    expect(state.collections).toBe(0);
    await end();
  });
});
