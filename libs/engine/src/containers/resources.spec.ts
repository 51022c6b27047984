import type { KernelSupport } from '#runtime/containers.contract';
import { checkResources, limitsOf } from './resources.ts';
import { hostConfigShape } from './settings.ts';

const able: KernelSupport = {
  cgroupVersion: 1,
  swapLimit: true,
  swappiness: true,
  oomKillDisable: true,
  cpuRealtime: true,
  blockIoWeight: true,
  blockIoRates: true,
  cpus: '0-3',
  memoryNodes: '0',
  capabilities: [],
};
const unable: KernelSupport = {
  ...able,
  swapLimit: false,
  swappiness: false,
  oomKillDisable: false,
  cpuRealtime: false,
  blockIoWeight: false,
  blockIoRates: false,
};
const host = (given: object) => hostConfigShape(given, '');

describe('limits that cannot be', () => {
  it.each<[object, string]>([
    [{ Memory: 1 }, 'Minimum memory limit allowed is 6MB'],
    [{ Memory: -1 }, 'Minimum memory limit allowed is 6MB'],
    [{ Memory: 2e7, MemorySwap: 1e7 }, 'Minimum memoryswap limit should be larger than memory limit, see usage'],
    [{ MemorySwap: 1e7 }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
    [{ MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
    [{ MemoryReservation: 1 }, 'Minimum memory reservation allowed is 6MB'],
    [{ Memory: 1e7, MemoryReservation: 2e7 }, 'Minimum memory limit can not be less than memory reservation limit, see usage'],
    [{ NanoCpus: 1e9, CpuQuota: 5000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
    [{ NanoCpus: 1e9, CpuPeriod: 5000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
    [{ NanoCpus: -1 }, 'Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available'],
    [{ NanoCpus: 4.5e9 }, 'Range of CPUs is from 0.01 to 4.00, as there are only 4 CPUs available'],
    [{ CpuQuota: 10 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
    [{ CpuPeriod: 10 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
    [{ CpuShares: -2 }, 'shares: invalid argument'],
    [{ CpuRealtimePeriod: 10, CpuRealtimeRuntime: 11 }, 'cpu real-time runtime cannot be higher than cpu real-time period'],
    [{ CpusetCpus: '0-4' }, 'Requested CPUs are not available - requested 0-4, available: 0-3'],
    [{ CpusetCpus: '0,9' }, 'Requested CPUs are not available - requested 0,9, available: 0-3'],
    [{ CpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: invalid format: x'],
    [{ CpusetCpus: '3-1' }, 'Invalid value 3-1 for cpuset cpus: invalid format: 3-1'],
    [{ CpusetCpus: '0-999999999' }, 'Invalid value 0-999999999 for cpuset cpus: invalid format: 0-999999999'],
    [{ CpusetMems: '1' }, 'Requested memory nodes are not available - requested 1, available: 0'],
    [{ BlkioWeight: 9 }, 'Range of blkio weight is from 10 to 1000'],
    [{ IOMaximumIOps: 9 }, 'Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps'],
  ])('%j', (given, message) => {
    expect(() => checkResources(host(given), able)).toThrow(expect.objectContaining({ status: 400, message }));
  });

  it('are refused where there is no real-time scheduling', () => {
    const given = host({ CpuRealtimeRuntime: 5 });
    expect(() => checkResources(given, unable)).toThrow('Your kernel does not support CPU real-time scheduler');
  });
});

it.each<[object, string, object]>([
  [{ Memory: 1e7 }, 'Your kernel does not support swap limit capabilities', { memoryLimitBytes: 1e7 }],
  [{ Memory: 1e7, MemorySwap: 2e7 }, 'Memory limited without swap.', { memoryLimitBytes: 1e7 }],
  [{ MemorySwappiness: 10 }, 'Memory swappiness discarded.', {}],
  [{ OomKillDisable: true }, 'OomKillDisable discarded.', {}],
  [{ BlkioWeight: 100 }, 'Weight discarded.', {}],
  [{ BlkioWeightDevice: [{ Path: '/dev/x', Weight: 10 }] }, 'Weight-device discarded.', {}],
  [{ BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 10 }] }, 'Block I/O BPS read limit discarded.', {}],
  [{ BlkioDeviceWriteIOps: [{ Path: '/dev/x', Rate: 10 }] }, 'Block I/O IOPS write limit discarded.', {}],
])('what this kernel cannot do is left out, and told of: %j', (given, words, limits) => {
  const config = host(given);
  expect(checkResources(config, unable)).toEqual([expect.stringContaining(words)]);
  expect(limitsOf(config)).toEqual(limits);
});

it.each<[object, object]>([
  [{}, {}],
  [{ NanoCpus: 1.5e9 }, { cpuQuotaUs: 150_000, cpuPeriodUs: 100_000 }],
  [{ CpuQuota: 5000 }, { cpuQuotaUs: 5000 }],
  [{ CpuPeriod: 50_000 }, { cpuPeriodUs: 50_000 }],
  [{ CpuQuota: -1 }, { cpuQuotaUs: -1 }],
  [
    { CpuShares: 2, CpusetCpus: '0-1', CpusetMems: '0' },
    { cpuShares: 2, cpus: '0-1', memoryNodes: '0' },
  ],
  [
    { Memory: 1e7, MemorySwap: -1, MemoryReservation: 7e6, MemorySwappiness: 0, OomKillDisable: true },
    { memoryLimitBytes: 1e7, memoryReservationBytes: 7e6, memorySwappiness: 0, oomKillDisabled: true },
  ],
  [{ PidsLimit: 0 }, { pidsLimit: -1 }],
  [
    { BlkioWeight: 10, BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 5 }] },
    { blockIo: { weight: 10, weights: [], readBps: [{ path: '/dev/x', rate: 5 }], writeBps: [], readIops: [], writeIops: [] } },
  ],
])('%j is given on as %j', (given, want) => {
  const config = host(given);
  expect(checkResources(config, able)).toEqual([]);
  expect(limitsOf(config)).toEqual(want);
});
