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
    ['of a pod without a node', { terminationGracePeriodSeconds: 30 }, {}, undefined, 0],
    ['of a running pod', { nodeName: 'n', terminationGracePeriodSeconds: 30 }, {}, undefined, 30],
    ['that the client asks for', { nodeName: 'n', terminationGracePeriodSeconds: 30 }, {}, 5, 5],
    ['of a finished pod', { nodeName: 'n', terminationGracePeriodSeconds: 30 }, { phase: 'Succeeded' }, undefined, 0],
    ['that is negative', { nodeName: 'n', terminationGracePeriodSeconds: -1 }, {}, undefined, 1],
  ] as const)('%s', (_name, spec, status, requested, want) => expect(graceOf(spec, status, requested)).toBe(want));

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
