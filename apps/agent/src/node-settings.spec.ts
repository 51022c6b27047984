import { nodeSettings } from './node-settings.ts';

describe('flags of a node', () => {
  it.each([
    [{}, []],
    [
      { 'shutdown-grace-period': '30s', 'shutdown-grace-period-critical-pods': '10s' },
      [
        { priority: 0, graceMs: 20_000 },
        { priority: 2_000_000_000, graceMs: 10_000 },
      ],
    ],
    [
      { 'shutdown-grace-period-by-pod-priority': '0=1m,1000=5s' },
      [
        { priority: 0, graceMs: 60_000 },
        { priority: 1000, graceMs: 5_000 },
      ],
    ],
  ])('say how long pods have when it is shut down: %j', (values, want) => expect(nodeSettings(values).shutdown).toEqual(want));

  it.each([
    [
      { 'cpu-manager-policy': 'static' },
      '--cpu-manager-policy static: nodes of Berth assign no processors to containers, only "none" is there',
    ],
    [{ 'memory-manager-policy': 'Static' }, '--memory-manager-policy Static: nodes of Berth assign no memory of a NUMA node'],
    [{ 'topology-manager-policy': 'restricted' }, '--topology-manager-policy restricted: nodes of Berth assign no resources by NUMA node'],
    [{ 'eviction-soft': 'memory.available<1Gi' }, 'grace period must be specified for the soft eviction threshold memory.available'],
    [{ 'eviction-soft-grace-period': 'memory=1s' }, '--eviction-soft-grace-period memory=1s'],
    [{ 'machine-share': '2' }, '--machine-share 2: not a part of a whole'],
    [
      { 'allowed-unsafe-sysctls': 'vm.swappiness' },
      '--allowed-unsafe-sysctls vm.swappiness: the sysctls "vm.swappiness" are not known to be namespaced',
    ],
    [
      { 'shutdown-grace-period': '5s', 'shutdown-grace-period-critical-pods': '10s' },
      '--shutdown-grace-period-critical-pods 10s: must not be more than --shutdown-grace-period, 5s',
    ],
    [{ 'shutdown-grace-period': '5s', 'shutdown-grace-period-by-pod-priority': '0=1s' }, 'cannot be given together'],
    [{ 'shutdown-grace-period-by-pod-priority': 'high=1s' }, 'must be such as 1000=20s'],
  ])('are refused with the reason: %j', (values, why) => expect(() => nodeSettings(values)).toThrow(why));

  it('give soft thresholds their time, and pods theirs', () => {
    const settings = nodeSettings({
      'eviction-soft': 'memory.available<1Gi,nodefs.available<15%',
      'eviction-soft-grace-period': 'memory.available=1m30s,nodefs.available=2m',
      'eviction-max-pod-grace-period': '60',
      'eviction-minimum-reclaim': 'nodefs.available=500Mi',
    });
    expect(settings.evictionSoft.map(({ signal, graceMs }) => [signal, graceMs])).toEqual([
      ['memory.available', 90_000],
      ['nodefs.available', 120_000],
    ]);
    expect([settings.maxPodGraceMs, settings.minimumReclaim.get('nodefs.available')]).toEqual([60_000, { amount: 500 * 2 ** 20 }]);
    expect(nodeSettings({ 'eviction-max-pod-grace-period': '-1' }).maxPodGraceMs).toBe(Infinity);
  });
});
