import { collectWhenIdle } from './idle-collection.ts';
import { ManualClock } from './manual-clock.ts';

const megabyte = 1024 * 1024;

/** A process that keeps 20 MB of what it holds, and whose C library keeps the rest until it is told. */
async function watched() {
  const clock = new ManualClock();
  const stop = new AbortController();
  const state = { resident: 40 * megabyte, used: 0, did: [] as string[] };
  const own = {
    collect: () => void state.did.push('collect'),
    trim: async () => {
      state.did.push('trim');
      state.resident = 20 * megabyte;
    },
    residentBytes: () => state.resident,
    usedMicros: () => state.used,
  };
  const done = collectWhenIdle(clock, own, stop.signal);
  await clock.advance(0); // the first look, before anything is known
  return { clock, state, end: () => (stop.abort(), done) };
}

describe('collectWhenIdle', () => {
  it('collects and trims once when a process has become idle, and again only when it has grown', async () => {
    const { clock, state, end } = await watched();
    state.used += 5_000_000;
    await clock.advance(20_000);
    await clock.advance(100_000);
    expect(state.did).toEqual(['collect', 'trim']);
    state.resident += 3 * megabyte;
    await clock.advance(40_000);
    expect(state.did).toEqual(['collect', 'trim']);
    state.resident += 30 * megabyte;
    await clock.advance(40_000);
    expect(state).toMatchObject({ did: ['collect', 'trim', 'collect', 'trim'], resident: 20 * megabyte });
    await end();
  });

  it('leaves a busy process alone', async () => {
    const { clock, state, end } = await watched();
    for (let i = 0; i < 10; i++) {
      state.used += 10_000_000;
      await clock.advance(20_000);
    }
    expect(state.did).toEqual([]);
    await end();
  });
});
