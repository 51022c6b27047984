import fc from 'fast-check';
import type { Pod } from '#api/types';
import { byAverage, byRatio, byShare, byUtilization, type Counted, groupPods, type PodValue } from './replica-count.ts';
import { defaultAutoscalerSettings as settings } from './settings.ts';

const now = new Date('2026-01-01T01:00:00Z');
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();

interface Played {
  request?: string;
  phase?: string;
  ready?: boolean;
  /** Seconds ago. */
  started?: number;
  changed?: number;
  deleted?: boolean;
}

const pod = (
  name: string,
  { request = '1', phase = 'Running', ready = true, started = 3600, changed = 3590, deleted = false }: Played = {},
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...(deleted && { deletionTimestamp: ago(1) }) },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: request ? { cpu: request } : {} } }] },
  status: {
    phase,
    startTime: ago(started),
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: ago(changed) }],
  },
});
const value = (milli: number): PodValue => ({ milli, at: new Date(now.getTime() - 10_000), windowMs: 30_000 });
const counted = (pods: readonly Pod[], values: readonly (number | undefined)[], more: Partial<Counted> = {}): Counted => ({
  pods,
  values: new Map(pods.flatMap(({ metadata }, i) => (values[i] === undefined ? [] : [[metadata.name ?? '', value(values[i])] as const]))),
  resource: 'cpu',
  currentReplicas: pods.length,
  tolerances: { up: 0.1, down: 0.1 },
  settings,
  now,
  ...more,
});
const pods = (...played: (Played | undefined)[]): Pod[] => played.map((each, i) => pod(`p${i}`, each));
const three = pods({}, {}, {});

// The cases of pkg/controller/podautoscaler/replica_calculator_test.go, and those that the documentation describes.
describe('the number of replicas by utilization', () => {
  it.each<[string, Counted, number, [replicas: number, utilization: number]]>([
    ['grows', counted(three, [300, 500, 700]), 30, [5, 50]],
    [
      'grows, and what is not ready counts as idle',
      counted(pods({}, { ready: false, started: 60, changed: 50 }, {}), [500, 300, 700]),
      30,
      [4, 60],
    ],
    [
      'stays when what is not ready would turn it',
      counted(pods({}, { ready: false, started: 60, changed: 50 }, { ready: false, started: 60, changed: 50 }), [400, 500, 700]),
      30,
      [3, 40],
    ],
    ['grows though one has begun and is ready', counted(pods({}, {}, { started: 60, changed: 50 }), [300, 500, 700]), 30, [5, 50]],
    [
      'does not count a pod that has not been ready for a window',
      counted(pods({}, {}, { started: 60, changed: 20 }), [500, 700, 9000]),
      30,
      [4, 60],
    ],
    ['counts those that were ready once', counted(pods({}, {}, { ready: false, changed: 50 }), [300, 500, 700]), 30, [5, 50]],
    ['leaves those out that never were ready', counted(pods({}, {}, { ready: false, changed: 3590 }), [300, 300, 9000]), 30, [3, 30]],
    [
      'does not count failed pods, nor those that go',
      counted(pods({}, {}, { phase: 'Failed' }, { deleted: true }), [500, 700, 1, 1]),
      50,
      [3, 60],
    ],
    ['counts pods without a value as idle when it grows', counted(pods({}, {}, {}, {}), [1000, undefined, undefined, 1000]), 30, [7, 100]],
    ['counts pods without a value as busy when it shrinks', counted(pods({}, {}, {}, {}), [100, undefined, 100, 100]), 50, [3, 10]],
    ['counts them as the target where that is above 100', counted(pods({}, {}, {}, {}), [100, undefined, 100, 100]), 400, [2, 10]],
    ['stays when what is missing would turn it', counted(pods({}, {}), [1000, undefined]), 60, [2, 100]],
    ['shrinks', counted(pods({}, {}, {}, {}, {}), [100, 300, 500, 250, 250]), 50, [3, 28]],
    ['stays within the tolerance', counted(three, [1010, 1030, 1020]), 100, [3, 102]],
    ['goes beyond a tolerance of its own', counted(three, [1010, 1030, 1020], { tolerances: { up: 0.01, down: 0.1 } }), 100, [4, 102]],
  ])('%s', (_what, seen, target, want) => {
    const { replicas, utilization } = byUtilization(seen, target, '');
    expect([replicas, utilization]).toEqual(want);
  });

  it.each<[string, Counted, string, string]>([
    ['no pods', counted([], []), '', 'no pods returned by selector while calculating replica count'],
    ['no values', counted(three, []), '', 'did not receive metrics for targeted pods (pods might be unready)'],
    ['a pod without a request', counted(pods({ request: '' }, {}), [1, 1]), '', 'missing request for cpu in container c of Pod p0'],
    ['no such container', counted(three, [1, 1, 1]), 'd', 'container d not found in Pod p0'],
    ['values of others', counted(three, [], { values: new Map([['x', value(1)]]) }), '', 'no metrics returned matched known pods'],
  ])('cannot be told of %s', (_what, seen, container, message) => {
    expect(() => byUtilization(seen, 50, container)).toThrow(message);
  });

  it('goes by what is asked for the pod as a whole, and by one container where that is named', () => {
    const whole = pod('p0');
    whole.spec = { ...whole.spec, resources: { requests: { cpu: '2' } } };
    expect(byUtilization(counted([whole], [1000]), 50, '')).toMatchObject({ replicas: 1, utilization: 50 });
    expect(byUtilization(counted([whole], [1000]), 50, 'c')).toMatchObject({ replicas: 2, utilization: 100 });
    const without = pod('p0', { request: '' });
    without.spec = { ...without.spec, resources: { requests: { memory: '1Gi' } } };
    expect(() => byUtilization(counted([without], [1000]), 50, '')).toThrow('missing pod-level request for cpu in Pod p0');
  });

  const amounts = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 8 });
  it('never falls when every pod uses more', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 200 }), (used, more, target) => {
        const all = pods(...used.map(() => ({})));
        const before = byUtilization(counted(all, used), target, '').replicas;
        expect(
          byUtilization(
            counted(
              all,
              used.map((each) => each + more),
            ),
            target,
            '',
          ).replicas,
        ).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('does not change what is within the tolerance', () => {
    fc.assert(
      fc.property(amounts, fc.double({ min: 0.91, max: 1.09, noNaN: true }), (used, ratio) => {
        const all = pods(...used.map(() => ({})));
        const average = Math.trunc((used.reduce((sum, each) => sum + each, 0) * 1) / used.length);
        fc.pre(average > 100);
        expect(byAverage(counted(all, used), Math.round(average / ratio)).replicas).toBe(used.length);
      }),
    );
  });
});

describe('the number of replicas by other values', () => {
  it.each<[string, () => number, number]>([
    ['the mean of the pods', () => byAverage(counted(three, [20_000, 10_000, 30_000], { resource: '' }), 15_000).replicas, 4],
    [
      'the mean of pods that are not ready as well, for what is no processor',
      () => byAverage(counted(pods({}, { ready: false, started: 60 }), [20_000, 40_000], { resource: '' }), 15_000).replicas,
      4,
    ],
    ['a ratio', () => byRatio(1.5, counted(three, [])), 5],
    ['a ratio within the tolerance', () => byRatio(1.05, counted(three, [])), 3],
    ['a ratio of what is ready', () => byRatio(2, counted(pods({}, { ready: false }), [])), 2],
    ['a ratio from zero', () => byRatio(2.1, counted([], [])), 3],
    ['a ratio to zero', () => byRatio(0, counted(three, [])), 0],
    ['a ratio without end', () => byRatio(1e12, counted(three, [])), 2 ** 31 - 1],
    ['a share', () => byShare(8600, 2150, 3, { up: 0.1, down: 0.1 }).replicas, 4],
    ['a share within the tolerance', () => byShare(6300, 2150, 3, { up: 0.1, down: 0.1 }).replicas, 3],
    ['a share from zero', () => byShare(8600, 2150, 0, { up: 0.1, down: 0.1 }).replicas, 4],
    ['a share of nothing from zero', () => byShare(0, 2150, 0, { up: 0.1, down: 0.1 }).replicas, 0],
  ])('by %s', (_what, of, want) => expect(of()).toBe(want));

  it('tells who is what', () => {
    const all = pods({}, { phase: 'Pending' }, { deleted: true }, {}, { phase: 'Failed' });
    expect(groupPods(counted(all, [1, 1, 1, undefined, 1]))).toEqual({ ready: 1, unready: ['p1'], missing: ['p3'], ignored: ['p2', 'p4'] });
  });
});
