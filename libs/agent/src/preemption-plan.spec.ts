import type { Pod, PodSpec, ResourceRequirements } from '#api/types';
import { admit } from './admission-plan.ts';
import { pod } from './testing/pod-builder.ts';

const node = { cpuMillis: 1000, memoryBytes: 1000, ephemeralBytes: 1000 };
const critical = { priority: 2_000_000_000 };
const having = (resources: ResourceRequirements, spec: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  containers: [{ name: 'c', resources }],
  ...spec,
});
const bestEffort = (name: string): Pod => pod({}, { uid: name, name });
const burstable = (name: string, requests: Record<string, string>, spec: Partial<PodSpec> = {}): Pod =>
  pod(having({ requests }, spec), { uid: name, name });
const guaranteed = (name: string, amounts: Record<string, string>): Pod =>
  pod(having({ requests: amounts, limits: amounts }), { uid: name, name });
const asks = (requests: Record<string, string>, spec: Partial<PodSpec> = critical): Pod => pod(having({ requests }, spec), { uid: 'new' });
const nobody = (missing: string): string =>
  'UnexpectedAdmissionError: Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods ' +
  `to preempt: no set of running pods found to reclaim resources: [${missing}]`;

describe('a critical pod that a node has no room for', () => {
  it.each<[string, Pod, Pod[], string]>([
    ['is let in where there is room', asks({ cpu: '400m' }), [burstable('b', { cpu: '600m' })], ''],
    ['takes the place of another', asks({ cpu: '500m' }), [burstable('b', { cpu: '600m' })], 'b'],
    [
      'takes the one that leaves least to be found, and of those the smaller one',
      asks({ cpu: '250m' }),
      [
        burstable('large', { cpu: '400m' }),
        burstable('small', { cpu: '100m' }),
        burstable('right', { cpu: '250m' }),
        burstable('d', { cpu: '250m', memory: '1' }),
      ],
      'right',
    ],
    [
      'takes several',
      asks({ cpu: '900m' }),
      [burstable('a', { cpu: '300m' }), burstable('b', { cpu: '300m' }), burstable('c', { cpu: '300m' })],
      'a,b,c',
    ],
    [
      'spares what is guaranteed, where others are enough',
      asks({ cpu: '500m' }),
      [guaranteed('g', { cpu: '500m', memory: '1' }), burstable('b', { cpu: '500m' })],
      'b',
    ],
    [
      'takes what is guaranteed, and then no other that is not needed',
      asks({ cpu: '500m' }),
      [guaranteed('g', { cpu: '900m', memory: '1' }), burstable('b', { cpu: '100m' }), bestEffort('e')],
      'g',
    ],
    [
      'of two resources',
      asks({ cpu: '500m', memory: '500' }),
      [burstable('c', { cpu: '600m' }), burstable('m', { memory: '600' }), bestEffort('e')],
      'c,m',
    ],
    ['spares who is as critical', asks({ cpu: '500m' }), [burstable('b', { cpu: '600m' }, critical)], nobody('(res: cpu, q: 100), ')],
    [
      'takes the place of who is less critical',
      asks({ cpu: '500m' }, { priority: 2_000_001_000 }),
      [burstable('b', { cpu: '600m' }, critical)],
      'b',
    ],
    ['is refused for what nobody has', asks({ memory: '2000' }), [bestEffort('e')], nobody('(res: memory, q: 1000), ')],
    [
      'is refused for another reason first',
      asks({ cpu: '500m' }, { ...critical, os: { name: 'windows' } }),
      [burstable('b', { cpu: '600m' })],
      "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS",
    ],
    [
      'and one that is not critical is refused',
      asks({ cpu: '500m' }, {}),
      [burstable('b', { cpu: '600m' })],
      "OutOfcpu: Node didn't have enough resource: cpu, requested: 500, used: 600, capacity: 1000",
    ],
  ])('%s', (_case, incoming, others, want) => {
    const { refusal, victims = [] } = admit(incoming, others, node);
    const names = victims.map(({ metadata }) => metadata.name ?? '').toSorted();
    expect(refusal ? `${refusal.reason}: ${refusal.message}` : names.join()).toBe(want);
  });

  it('takes a place where there are as many pods as a node can have', () => {
    const others = Array.from({ length: 110 }, (_, i) => bestEffort(`p${i}`));
    expect(admit(asks({}), others, node).victims).toHaveLength(1);
  });
});
