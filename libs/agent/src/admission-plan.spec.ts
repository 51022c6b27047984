import type { PodSpec } from '#api/types';
import { admit } from './admission-plan.ts';
import { pod } from './testing/pod-builder.ts';

const node = { cpuMillis: 1000, memoryBytes: 1e9, ephemeralBytes: 1e9 };
const sysctl = (name: string): Partial<PodSpec> => ({ securityContext: { sysctls: [{ name, value: '1' }] } });
const cpu = (amount: string): Partial<PodSpec> => ({ containers: [{ name: 'c', resources: { requests: { cpu: amount } } }] });
const outOfCpu = "Node didn't have enough resource: cpu, requested: 600, used: 600, capacity: 1000";

describe('admission of a pod to its node', () => {
  it.each([
    ['kernel.msgmax', ['kernel.msg*'], true],
    ['kernel/msgmax', ['kernel/msgmax'], true],
    ['net.core.somaxconn', ['net.core.somaxconn', 'net.ipv4.*'], true],
    ['net.core.somaxconn2', ['net.core.somaxconn'], false],
  ])('lets %s in where %j is allowed: %p', (name, unsafeSysctls, admitted) => {
    expect(admit(pod(sysctl(name)), [], node, { unsafeSysctls }).refusal === undefined).toBe(admitted);
  });

  it.each<[string, Partial<PodSpec>, string | undefined]>([
    ['a safe sysctl', sysctl('net.ipv4.tcp_rmem'), undefined],
    ['a safe sysctl with slashes', sysctl('net/ipv4/tcp_rmem'), undefined],
    ['an unsafe sysctl', sysctl('kernel.msgmax'), 'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted'],
    [
      'a sysctl of the host',
      { hostNetwork: true, ...sysctl('net.ipv4.tcp_rmem') },
      'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_rmem" not allowed with host net enabled',
    ],
    [
      'an AppArmor profile',
      { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
      'AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host',
    ],
    ['another OS', { os: { name: 'windows' } }, "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS"],
    ['its own OS', { os: { name: 'linux' } }, undefined],
    ['no AppArmor', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, undefined],
    ['too much', cpu('600m'), `OutOfcpu: ${outOfCpu}`],
    [
      'huge pages',
      { containers: [{ name: 'c', resources: { requests: { 'hugepages-2Mi': '4Mi' } } }] },
      "OutOfhugepages-2Mi: Node didn't have enough resource: hugepages-2Mi, requested: 4194304, used: 0, capacity: 0",
    ],
    [
      'too much storage',
      { containers: [{ name: 'c', resources: { requests: { 'ephemeral-storage': '2G' } } }] },
      "OutOfephemeral-storage: Node didn't have enough resource: ephemeral-storage, requested: 2000000000, used: 0, capacity: 1000000000",
    ],
    ['what is left', cpu('400m'), undefined],
  ])('judges %s', (_what, spec, verdict) => {
    const { refusal } = admit(pod(spec), [pod(cpu('600m'))], node);
    expect(refusal && `${refusal.reason}: ${refusal.message}`).toBe(verdict);
  });

  describe('on a node under pressure', () => {
    const tolerant = {
      tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' as const, effect: 'NoSchedule' as const }],
    };
    it.each([
      { pod: 'that asked for nothing', spec: {}, under: ['MemoryPressure'], refused: '[MemoryPressure]' },
      { pod: 'that asked for nothing, where only processes are short', spec: {}, under: ['PIDPressure'], refused: '[PIDPressure]' },
      { pod: 'that asked for something', spec: cpu('1m'), under: ['MemoryPressure'], refused: undefined },
      { pod: 'that tolerates it', spec: tolerant, under: ['MemoryPressure'], refused: undefined },
      {
        pod: 'whatever it asked for',
        spec: cpu('1m'),
        under: ['MemoryPressure', 'DiskPressure'],
        refused: '[DiskPressure MemoryPressure]',
      },
      { pod: 'that the system needs', spec: { priority: 2_000_000_000 }, under: ['DiskPressure'], refused: undefined },
    ] as const)('judges a pod $pod', ({ spec, under, refused }) => {
      const want = refused && { reason: 'Evicted', message: `The node had condition: ${refused}. ` };
      expect(admit(pod(spec as Partial<PodSpec>), [], node, { pressure: new Set(under) }).refusal).toEqual(want);
    });
  });

  it('judges a label of another OS', () => {
    expect(admit(pod({}, { labels: { 'kubernetes.io/os': 'windows' } }), [], node).refusal).toEqual({
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    });
  });
});
