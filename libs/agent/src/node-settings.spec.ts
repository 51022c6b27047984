import { parseReserved, parseThresholds, parseUnsafeSysctls } from './node-settings.ts';

describe('settings of a node', () => {
  it.each([
    ['', []],
    ['memory.available<100Mi', [{ signal: 'memory.available', value: { amount: 100 * 2 ** 20 } }]],
    ['nodefs.available<10%', [{ signal: 'nodefs.available', value: { share: 0.1 } }]],
    [
      'imagefs.inodesFree<5%, pid.available<1k',
      [
        { signal: 'imagefs.inodesFree', value: { share: 0.05 } },
        { signal: 'pid.available', value: { amount: 1000 } },
      ],
    ],
    ['memory.available<0,nodefs.available<0%', []], // as kubelets are told to leave one out
  ])('reads the eviction thresholds of "%s"', (text, want) => expect(parseThresholds(text)).toEqual(want));

  it.each([
    ['memory.free<100Mi', '"memory.free<100Mi" is no threshold'],
    ['memory.available>100Mi', 'is no threshold'],
    ['memory.available<lots', '"lots" is not an amount'],
    ['memory.available<-1', '"-1" is not an amount'],
    ['nodefs.available<101%', 'more than all'],
  ])('refuses "%s"', (text, message) => expect(() => parseThresholds(text)).toThrow(message));

  it.each(['kernel.msg*,net.core.somaxconn', 'kernel/shmmax', 'kernel.sem', 'fs.mqueue.*', ''])(
    'takes %j as unsafe sysctls of pods',
    (text) => expect(parseUnsafeSysctls(text)).toEqual(text === '' ? [] : text.split(',')),
  );

  it.each(['vm.swappiness', 'kernel.panic', 'kernel.semaphore', '*'])('takes no sysctl of the machine: %s', (text) =>
    expect(() => parseUnsafeSysctls(`net.core.somaxconn,${text}`)).toThrow(`the sysctls "${text}" are not known to be namespaced`),
  );

  it('adds up what is reserved', () => {
    expect(parseReserved('cpu=200m,memory=500Mi', 'cpu=1,ephemeral-storage=1Gi,pid=7', '')).toEqual({
      cpuMillis: 1200,
      memoryBytes: 500 * 2 ** 20,
      ephemeralBytes: 2 ** 30,
      pids: 7,
    });
    expect(() => parseReserved('pods=3')).toThrow('cannot reserve "pods"');
    expect(() => parseReserved('cpu=-1')).toThrow('"-1" is not an amount');
  });
});
