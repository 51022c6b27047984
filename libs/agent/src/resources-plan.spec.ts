import type { ResourceRequirements } from '#api/types';
import { qosClassOf } from '#objects';
import { admit } from './admission-plan.ts';
import { containerResources, oomScoreAdj, podCgroupPath, podResources } from './resources-plan.ts';
import { pod } from './testing/pod-builder.ts';

const amounts = (cpu: string, memory: string) => ({ cpu, memory });
const withResources = (resources?: ResourceRequirements, init?: ResourceRequirements, sidecar?: ResourceRequirements) =>
  pod({
    containers: [{ name: 'c', resources }],
    initContainers: [
      ...(sidecar ? [{ name: 's', restartPolicy: 'Always', resources: sidecar }] : []),
      ...(init ? [{ name: 'i', resources: init }] : []),
    ],
  });

describe('quality of service', () => {
  it.each([
    ['BestEffort', undefined, '/kubepods/besteffort/poduid-a', 1000],
    ['Burstable', { requests: { memory: '2Gi' } }, '/kubepods/burstable/poduid-a', 500],
    ['Burstable', { limits: { cpu: '1' } }, '/kubepods/burstable/poduid-a', 999],
    ['Guaranteed', { limits: amounts('1', '1Gi') }, '/kubepods/poduid-a', -997],
    ['Guaranteed', { limits: amounts('1', '1Gi'), requests: amounts('1000m', '1024Mi') }, '/kubepods/poduid-a', -997],
    ['Burstable', { limits: amounts('1', '1Gi'), requests: amounts('1', '512Mi') }, '/kubepods/burstable/poduid-a', 875],
  ])('%s of %j', (want, resources, path, score) => {
    const object = withResources(resources);
    expect(qosClassOf(object)).toBe(want);
    expect(podCgroupPath('/berth/n1', object)).toBe(`/berth/n1${path}`);
    expect(oomScoreAdj(object, object.spec.containers[0]!, 4 * 2 ** 30)).toBe(score);
  });
});

describe('limits', () => {
  it.each([
    [undefined, { cpuShares: 2 }],
    [{ requests: { cpu: '100m' } }, { cpuShares: 102 }],
    [{ limits: amounts('500m', '64Mi') }, { cpuShares: 512, cpuQuotaUs: 50_000, cpuPeriodUs: 100_000, memoryLimitBytes: 64 << 20 }],
    [{ limits: { cpu: '1m' } }, { cpuShares: 2, cpuQuotaUs: 1000, cpuPeriodUs: 100_000 }],
  ])('of %j are %j', (resources, want) => expect(containerResources(resources)).toEqual(want));

  it('of a pod hold for the sum, only where each container has one', () => {
    const limits = { limits: amounts('1', '1Gi'), requests: amounts('1', '1Gi') };
    expect(podResources(withResources(limits, limits, limits))).toMatchObject({ cpuQuotaUs: 200_000, memoryLimitBytes: 2 * 2 ** 30 });
    expect(podResources(withResources(limits, {}))).toEqual({ cpuShares: 1024 });
  });

  it('of the pod as a whole go before the sum, and are those of a container that has none', () => {
    const whole = { requests: amounts('1', '1Gi'), limits: amounts('2', '2Gi') };
    const object = pod({ containers: [{ name: 'c' }, { name: 'd', resources: { requests: { memory: '512Mi' } } }], resources: whole });
    expect(podResources(object)).toEqual({
      cpuShares: 1024,
      cpuQuotaUs: 200_000,
      cpuPeriodUs: 100_000,
      memoryLimitBytes: 2 * 2 ** 30,
    });
    expect(containerResources(undefined, whole)).toEqual({
      cpuShares: 2,
      cpuQuotaUs: 200_000,
      cpuPeriodUs: 100_000,
      memoryLimitBytes: 2 * 2 ** 30,
    });
    expect(containerResources({ limits: { memory: '1Gi' } }, whole).memoryLimitBytes).toBe(2 ** 30);
    expect(podCgroupPath('/b', object)).toBe('/b/kubepods/burstable/poduid-a');
    expect(podCgroupPath('/b', pod({ resources: { requests: amounts('1', '1Gi'), limits: amounts('1', '1Gi') } }))).toBe(
      '/b/kubepods/poduid-a',
    );
    // 1Gi of the pod less 512Mi of one container: 256Mi for each of the two.
    expect(oomScoreAdj(object, object.spec.containers[0]!, 4 * 2 ** 30)).toBe(938);
    expect(oomScoreAdj(object, object.spec.containers[1]!, 4 * 2 ** 30)).toBe(813);
  });

  it('keep a sidecar as safe as the least of the containers that it serves (KEP-753)', () => {
    const memory = (value: string): ResourceRequirements => ({ requests: { memory: value } });
    const object = withResources(memory('1Gi'), undefined, memory('64Mi'));
    expect(oomScoreAdj(object, object.spec.initContainers![0]!, 4 * 2 ** 30)).toBe(750);
    expect(oomScoreAdj(object, object.spec.containers[0]!, 4 * 2 ** 30)).toBe(750);
  });
});

describe('admission on the node', () => {
  const allocatable = { cpuMillis: 2000, memoryBytes: 2 ** 30, ephemeralBytes: 0 };
  const asking = (cpu: string) => withResources({ requests: { cpu } });

  it('takes what fits and refuses what does not, in the words of the kubelet', () => {
    expect(admit(asking('1'), [asking('1')], allocatable).refusal).toBeUndefined();
    expect(admit(asking('1'), [asking('1500m')], allocatable).refusal).toEqual({
      reason: 'OutOfcpu',
      message: "Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000",
    });
    expect(
      admit(
        pod(),
        Array.from({ length: 110 }, () => pod()),
        allocatable,
      ).refusal?.reason,
    ).toBe('OutOfpods');
  });

  it('never refuses a pod for a resource that it does not ask for', () => {
    expect(admit(pod(), [asking('3')], allocatable).refusal).toBeUndefined();
  });
});
