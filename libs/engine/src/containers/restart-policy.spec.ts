import fc from 'fast-check';
import { bornState, type SavedState } from './record.ts';
import { restartDelay, restarts, startsWithEngine } from './restart-policy.ts';
import { hostConfigShape } from './settings.ts';

const container = (policy: string, state: Partial<SavedState>, most = 0) => ({
  hostConfig: hostConfigShape({ RestartPolicy: { Name: policy, MaximumRetryCount: most } }, ''),
  state: { ...bornState(), status: 'exited' as const, ...state },
});

it.each([
  { policy: '', state: { exitCode: 1 }, again: false },
  { policy: 'no', state: { exitCode: 1 }, again: false },
  { policy: 'always', state: { exitCode: 0 }, again: true },
  { policy: 'always', state: { exitCode: 1, stopped: true }, again: false },
  { policy: 'unless-stopped', state: { exitCode: 0 }, again: true },
  { policy: 'unless-stopped', state: { stopped: true }, again: false },
  { policy: 'on-failure', state: { exitCode: 0 }, again: false },
  { policy: 'on-failure', state: { exitCode: 1, restartCount: 100 }, again: true },
  { policy: 'on-failure', most: 2, state: { exitCode: 1, restartCount: 1 }, again: true },
  { policy: 'on-failure', most: 2, state: { exitCode: 1, restartCount: 2 }, again: false },
])('policy "$policy" ($most) starts what ended with $state again: $again', ({ policy, most, state, again }) => {
  expect(restarts(container(policy, state, most))).toBe(again);
});

it.each([
  { policy: 'always', state: { stopped: true }, wasRunning: false, starts: true },
  { policy: 'always', state: { status: 'created' as const }, wasRunning: false, starts: false },
  { policy: 'unless-stopped', state: { stopped: true }, wasRunning: false, starts: false },
  { policy: 'unless-stopped', state: {}, wasRunning: false, starts: true },
  { policy: 'on-failure', state: { exitCode: 255 }, wasRunning: true, starts: true },
  { policy: 'on-failure', state: { exitCode: 1 }, wasRunning: false, starts: false },
  { policy: '', state: { exitCode: 255 }, wasRunning: true, starts: false },
])(
  'policy "$policy" with $state, running before: $wasRunning, starts with the engine: $starts',
  ({ policy, state, wasRunning, starts }) => {
    expect(startsWithEngine(container(policy, state), wasRunning)).toBe(starts);
  },
);

it('waits between 100 ms and a minute, longer each time until a run was good', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 })), (runs) => {
      let last = 0;
      for (const ranMs of runs) {
        const next = restartDelay(last, ranMs);
        expect(next).toBeGreaterThanOrEqual(100);
        expect(next).toBeLessThanOrEqual(60_000);
        if (ranMs < 10_000 && last > 0) expect(next).toBeGreaterThanOrEqual(last);
        else expect(next).toBe(100);
        last = next;
      }
    }),
  );
});
