import type { Pod } from '#api/types';
import { isActive, isAvailable, isReady, isTerminal, isTerminating } from './pod-state.ts';
import { isNodeReady } from './node-state.ts';

const now = new Date('2026-01-01T00:00:10Z');
const pod = (status: Pod['status'], metadata: object = {}): Pod => ({ metadata, spec: { containers: [] }, status }) as unknown as Pod;
const ready = (status: string, lastTransitionTime?: string): Pod['status'] => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status, ...(lastTransitionTime && { lastTransitionTime }) }],
});
const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

describe('a pod', () => {
  it.each<[string, Pod, object]>([
    ['that is ready', pod(ready('True')), { ready: true, terminal: false, active: true, terminating: false }],
    ['that is not ready', pod(ready('False')), { ready: false, terminal: false, active: true, terminating: false }],
    ['that has said nothing', pod(undefined), { ready: false, terminal: false, active: true, terminating: false }],
    ['that succeeded', pod({ phase: 'Succeeded' }), { ready: false, terminal: true, active: false, terminating: false }],
    ['that failed and goes', pod({ phase: 'Failed' }, going), { ready: false, terminal: true, active: false, terminating: false }],
    ['that goes and is ready', pod(ready('True'), going), { ready: true, terminal: false, active: false, terminating: true }],
  ])('%s', (_what, one, want) => {
    expect({ ready: isReady(one), terminal: isTerminal(one), active: isActive(one), terminating: isTerminating(one) }).toEqual(want);
  });

  it.each([
    ['2026-01-01T00:00:05Z', 5, true],
    ['2026-01-01T00:00:06Z', 5, false],
    [undefined, 5, false],
    [undefined, 0, true],
  ])('ready since %s is available after %i s: %s', (since, seconds, want) => {
    expect(isAvailable(pod(ready('True', since)), seconds, now)).toBe(want);
  });
});

it('a node is ready when it says so, and not when it is not there', () => {
  const node = (status: string): { status: { conditions: { type: string; status: string }[] } } => ({
    status: { conditions: [{ type: 'Ready', status }] },
  });
  expect([isNodeReady(node('True')), isNodeReady(node('Unknown')), isNodeReady({}), isNodeReady(undefined)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
