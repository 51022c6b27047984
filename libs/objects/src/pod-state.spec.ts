import type { Pod } from '#api/types';
import { isActive, isAvailable, isReady, isTerminal, isTerminating, podIpsOf } from './pod-state.ts';
import { internalIpsOf, isNodeReady, podCidrsOf } from './node-state.ts';

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

describe('addresses, the primary one first', () => {
  it.each([
    ['none before there is one', undefined, []],
    ['that of a writer before dual stack', { podIP: '10.244.0.2' }, ['10.244.0.2']],
    ['both', { podIP: 'fd00::2', podIPs: [{ ip: 'fd00::2' }, { ip: '10.244.0.2' }] }, ['fd00::2', '10.244.0.2']],
  ])('of a pod: %s', (_what, status, want) => expect(podIpsOf(status)).toEqual(want));

  it.each([
    ['none before it is given them', {}, []],
    ['that of a writer before dual stack', { podCIDR: '10.244.0.0/24' }, ['10.244.0.0/24']],
    ['both', { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00::/64'] }, ['10.244.0.0/24', 'fd00::/64']],
  ])('of the pods of a node: %s', (_what, spec, want) => expect(podCidrsOf({ spec })).toEqual(want));

  it('of a node: those by which other nodes reach it', () => {
    const addresses = ['10.0.0.1', 'fd00:1::1'].map((address) => ({ type: 'InternalIP', address }));
    expect(internalIpsOf({ status: { addresses: [{ type: 'Hostname', address: 'n1' }, ...addresses] } })).toEqual([
      '10.0.0.1',
      'fd00:1::1',
    ]);
    expect(internalIpsOf({ status: {} })).toEqual([]);
  });
});
