import fc from 'fast-check';
import { created, podSpec, storedPod } from '../../testing.ts';
import { pod } from './kind.ts';
import { prepareStatus, strategy } from './strategy.ts';

describe('creation of a pod', () => {
  it.each([
    ['BestEffort', {}],
    ['Burstable', { requests: { cpu: '1' } }],
    ['Burstable', { limits: { cpu: '1' } }],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }],
    ['Burstable', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }],
  ])('makes it %s with %j', (qosClass, resources) => {
    expect(created(pod, { spec: podSpec({}, { resources }), status: { phase: 'Running' } }).status).toEqual({ phase: 'Pending', qosClass });
  });

  it('says that a gated pod is not looked at', () => {
    const { status } = created(pod, { spec: podSpec({ schedulingGates: [{ name: 'a/b' }] }) });
    expect(status?.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]);
  });
});

describe('grace', () => {
  const graceOf = (spec: object, status: object, requested?: number) =>
    strategy.deletionGrace?.(storedPod({ spec: { ...spec }, status: { ...status } }), requested)?.graceSeconds;

  it.each([
    { name: 'of a pod without a node', spec: { terminationGracePeriodSeconds: 30 }, want: 0 },
    { name: 'of a running pod', spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 }, want: 30 },
    { name: 'that the client asks for', spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 }, requested: 5, want: 5 },
    { name: 'of a finished pod', spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 }, status: { phase: 'Succeeded' }, want: 0 },
    { name: 'that is negative', spec: { nodeName: 'n', terminationGracePeriodSeconds: -1 }, want: 1 },
  ])('$name', ({ spec, status = {}, requested, want }) => expect(graceOf(spec, status, requested)).toBe(want));

  it('is never negative', () => {
    fc.assert(
      fc.property(fc.option(fc.integer(), { nil: undefined }), fc.integer(), (requested, own) => {
        expect(graceOf({ nodeName: 'n', terminationGracePeriodSeconds: own }, {}, requested)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('status', () => {
  it('keeps the spec and the class, and both spellings of the address', () => {
    const previous = storedPod({ status: { qosClass: 'BestEffort' } });
    const next = prepareStatus({ ...storedPod({ status: { podIP: '10.0.0.1' } }), spec: { containers: [] } }, previous);
    expect(next.spec).toBe(previous.spec);
    expect(next.status).toMatchObject({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], qosClass: 'BestEffort' });
  });
});
