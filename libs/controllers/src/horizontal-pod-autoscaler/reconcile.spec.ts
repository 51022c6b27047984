import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, Pod, Scale } from '#api/types';
import type { Fetched } from './proposals.ts';
import { type Action, notRescaled, reconcile, rescaled, type Seen } from './reconcile.ts';
import { defaultAutoscalerSettings } from './settings.ts';

const now = new Date('2026-01-01T01:00:00Z');
const long = '2026-01-01T00:00:00Z';
const hpaOf = (spec: Partial<HorizontalPodAutoscalerSpec> = {}, status?: HorizontalPodAutoscaler['status']): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'h', namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    ...spec,
  },
  ...(status && { status }),
});
const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
  status: { phase: 'Running', startTime: long, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: long }] },
});
const scaleOf = (replicas: number): Scale => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'd', namespace: 'default' },
  spec: { replicas },
  status: { replicas, selector: 'app=d' },
});
const resource = { group: 'apps', version: 'v1', resource: 'deployments' };
const used = (...milli: number[]): Fetched => ({
  pods: new Map(milli.map((each, i) => [`p${i}`, { milli: each, at: now, windowMs: 15_000 }])),
});
const values = (...milli: number[]): Fetched => ({ values: milli });

const seenOf = (replicas: number, fetched: Fetched[], more: Partial<Seen> = {}): Seen => ({
  hpa: hpaOf(),
  target: { scale: scaleOf(replicas), resource },
  pods: Array.from({ length: replicas }, (_, i) => pod(`p${i}`)),
  fetched,
  memory: { recommendations: [], added: [], removed: [] },
  settings: defaultAutoscalerSettings,
  ...more,
});

/** What is done and said: the scale, events, conditions. */
function round(seen: Seen) {
  const { actions, requeueAfterMs } = reconcile(seen, now);
  const rescale = actions.find((action) => action.do === 'rescale');
  const all: Action[] = rescale ? [...actions, ...rescaled(rescale, now)] : [...actions];
  const status = all.findLast((action) => action.do === 'updateStatus')?.status;
  return {
    to: rescale?.to,
    says: all.flatMap((action) => (action.do === 'say' ? [`${action.type} ${action.reason}: ${action.message}`] : [])),
    conditions: Object.fromEntries((status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`])),
    status,
    requeueAfterMs,
    rescale,
  };
}
const queue = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } } };

describe('a HorizontalPodAutoscaler', () => {
  it('adds pods when they do more than they should', () => {
    expect(round(seenOf(2, [used(800, 800)]))).toMatchObject({
      to: 4,
      says: ['Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target'],
      conditions: {
        AbleToScale: 'True SucceededRescale',
        ScalingActive: 'True ValidMetricFound',
        ScalingLimited: 'False DesiredWithinRange',
      },
      status: {
        currentReplicas: 2,
        desiredReplicas: 4,
        lastScaleTime: '2026-01-01T01:00:00Z',
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 80, averageValue: '800m' } } }],
      },
      requeueAfterMs: 15_000,
    });
  });

  it('takes pods away when all of them do less', () => {
    expect(round(seenOf(4, [used(100, 100, 100, 100)]))).toMatchObject({
      to: 1,
      says: ['Normal SuccessfulRescale: New size: 1; reason: All metrics below target'],
    });
  });

  it('does nothing within the tolerance, and says so once', () => {
    const first = round(seenOf(2, [used(520, 520)]));
    expect(first).toMatchObject({
      to: undefined,
      says: [],
      conditions: { AbleToScale: 'True ReadyForNewScale', ScalingLimited: 'False DesiredWithinRange' },
    });
    const again = seenOf(2, [used(520, 520)], { hpa: hpaOf({}, first.status) });
    expect(reconcile(again, now).actions.map((action) => action.do)).toEqual(['remember']);
  });

  it.each<[string, Seen, number | undefined, string]>([
    ['above the most', seenOf(12, []), 10, 'Current number of replicas above Spec.MaxReplicas'],
    ['below the least', seenOf(1, [], { hpa: hpaOf({ minReplicas: 2 }) }), 2, 'Current number of replicas below Spec.MinReplicas'],
  ])('puts what is %s right without asking for metrics', (_what, seen, to, why) => {
    expect(round(seen)).toMatchObject({ to, says: [`Normal SuccessfulRescale: New size: ${to}; reason: ${why}`] });
  });

  it('leaves what was turned off alone', () => {
    expect(round(seenOf(0, []))).toMatchObject({
      to: undefined,
      conditions: { ScalingActive: 'False ScalingDisabled' },
      status: { desiredReplicas: 0 },
    });
  });

  it('takes away nothing at once that it sees for the first time', () => {
    expect(round(seenOf(4, [used(100, 100, 100, 100)], { memory: undefined }))).toMatchObject({
      to: undefined,
      conditions: { AbleToScale: 'True ScaleDownStabilized' },
    });
  });

  it('says why it cannot get the scale', () => {
    const { says, conditions, to } = round(seenOf(1, [], { target: { error: 'deployments.apps "d" not found' } }));
    expect({ says, conditions, to }).toEqual({
      to: undefined,
      says: ['Warning FailedGetScale: deployments.apps "d" not found'],
      conditions: { AbleToScale: 'False FailedGetScale' },
    });
  });

  it('says why a selector cannot be used', () => {
    const message = 'pods by selector app=d are controlled by multiple HPAs: [{h default} {i default}]';
    const selectorProblem = { event: 'AmbiguousSelector', message, condition: { reason: 'AmbiguousSelector', message } };
    expect(round(seenOf(1, [], { selectorProblem }))).toMatchObject({
      says: [`Warning AmbiguousSelector: ${message}`, `Warning FailedComputeMetricsReplicas: ${message}`],
      conditions: { ScalingActive: 'False AmbiguousSelector' },
      to: undefined,
    });
  });

  it('says why there are no metrics', () => {
    const error = 'no metrics returned from resource metrics API';
    const cause = `failed to get cpu utilization: unable to get metrics for resource cpu: ${error}`;
    expect(round(seenOf(2, [{ error }]))).toMatchObject({
      to: undefined,
      says: [
        `Warning FailedGetResourceMetric: ${cause}`,
        `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${cause}`,
      ],
      conditions: { ScalingActive: 'False FailedGetResourceMetric' },
      status: { currentReplicas: 2, currentMetrics: [{ type: '' }] },
    });
  });

  describe('of several metrics', () => {
    const hpa = hpaOf({ metrics: [...hpaOf().spec.metrics!, queue] });
    it('goes by the one that asks for the most', () => {
      expect(round(seenOf(2, [used(500, 500), values(60_000)], { hpa }))).toMatchObject({
        to: 4,
        conditions: { ScalingLimited: 'True ScaleUpLimit' },
      });
    });
    it('adds pods though one is missing', () => {
      expect(round(seenOf(2, [{ error: 'gone' }, values(30_000)], { hpa }))).toMatchObject({
        to: 3,
        conditions: { ScalingActive: 'True ValidMetricFound' },
      });
    });
    it('takes none away while one is missing', () => {
      expect(round(seenOf(4, [{ error: 'gone' }, values(10_000)], { hpa }))).toMatchObject({
        to: undefined,
        conditions: { ScalingActive: 'False FailedGetResourceMetric' },
      });
    });
  });

  it.each<[string, object, Fetched, number, string]>([
    [
      'a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 50 } },
      },
      used(800, 800),
      4,
      'cpu container resource utilization (percentage of request)',
    ],
    [
      'an amount',
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100' } } },
      used(150_000, 150_000),
      3,
      'memory resource',
    ],
    [
      'a metric of pods',
      { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } },
      used(15_000, 15_000),
      3,
      'pods metric rps',
    ],
    [
      'an object',
      {
        type: 'Object',
        object: { describedObject: { kind: 'Service', name: 's' }, metric: { name: 'rps' }, target: { type: 'Value', value: '10' } },
      },
      values(15_000),
      3,
      'Service metric rps',
    ],
    [
      'an object shared',
      {
        type: 'Object',
        object: {
          describedObject: { kind: 'Service', name: 's' },
          metric: { name: 'rps' },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
      values(30_000),
      3,
      'external metric rps(nil)',
    ],
    [
      'what is outside',
      { type: 'External', external: { metric: { name: 'q' }, target: { type: 'Value', value: '10' } } },
      values(10_000, 5_000),
      3,
      'external metric q(nil)',
    ],
  ])('goes by %s', (_what, ...played) => {
    const [metric, fetched, to, name] = played;
    const hpa = hpaOf({ metrics: [metric as never] });
    const { says, status } = round(seenOf(2, [fetched], { hpa }));
    expect(says).toEqual([`Normal SuccessfulRescale: New size: ${to}; reason: ${name} above target`]);
    expect(status?.currentMetrics?.[0]?.type).toBe((metric as { type: string }).type);
  });

  it('keeps to the tolerance of its own', () => {
    const behavior = { scaleUp: { tolerance: '500m', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }] }, scaleDown: {} };
    expect(round(seenOf(2, [used(700, 700)], { hpa: hpaOf({ behavior }) })).to).toBeUndefined();
    expect(round(seenOf(2, [used(800, 800)], { hpa: hpaOf({ behavior }) })).to).toBe(4);
  });

  it('says why the scale could not be written', () => {
    const { rescale } = round(seenOf(2, [used(800, 800)]));
    expect(notRescaled(rescale!, 'conflict', now)).toMatchObject([
      {
        reason: 'FailedRescale',
        message: 'New size: 4; reason: cpu resource utilization (percentage of request) above target; error: conflict',
      },
      { do: 'remember' },
      { status: { desiredReplicas: 0, conditions: [{ type: 'AbleToScale', status: 'False', reason: 'FailedUpdateScale' }, {}, {}] } },
    ]);
  });

  describe('to zero, where that is on', () => {
    const settings = { ...defaultAutoscalerSettings, scaleToZero: true };
    const zero = hpaOf({ minReplicas: 0, metrics: [queue] });
    it('takes the last pod away and says that it was it', () => {
      expect(round(seenOf(1, [values(0)], { hpa: zero, settings }))).toMatchObject({
        to: 0,
        conditions: { ScaledToZero: 'True ScaledToZero' },
      });
    });
    it('brings back what it took away', () => {
      const conditions = [{ type: 'ScaledToZero', status: 'True' }];
      const hpa = { ...zero, status: { desiredReplicas: 0, conditions } };
      expect(round(seenOf(0, [values(25_000)], { hpa, settings }))).toMatchObject({
        to: 3,
        conditions: { ScaledToZero: 'False NotScaledToZero' },
      });
      expect(round(seenOf(0, [values(0)], { hpa: { ...hpa, spec: { ...zero.spec, minReplicas: 2 } }, settings })).to).toBe(2);
    });
    it('leaves alone what somebody else took away', () => {
      expect(round(seenOf(0, [values(25_000)], { hpa: zero, settings }))).toMatchObject({
        to: undefined,
        conditions: { ScalingActive: 'False ScalingDisabled' },
      });
    });
  });
});
