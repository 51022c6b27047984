import { type ConditionalProfile, plainProfile, type SeccompTarget } from './seccomp-profile.ts';

const target: SeccompTarget = { capabilities: new Set(['CAP_SYS_ADMIN']), arch: 'x64', kernel: '6.1.0-13-amd64' };
const base = { defaultAction: 'SCMP_ACT_ERRNO' as const, defaultErrnoRet: 1 };
const rule = (name: string, more: object = {}) => ({ names: [name], action: 'SCMP_ACT_ALLOW' as const, ...more });
const kept = (more: object, at = target): boolean =>
  plainProfile({ ...base, syscalls: [rule('x', more)] } as ConditionalProfile, at).syscalls.length > 0;

describe('rules of a profile', () => {
  it.each<[object, boolean]>([
    [{}, true],
    [{ includes: {}, excludes: {}, args: null, comment: 'why' }, true],
    [{ includes: { caps: ['CAP_SYS_ADMIN'] } }, true],
    [{ includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }, false],
    [{ excludes: { caps: ['CAP_SYS_ADMIN'] } }, false],
    [{ excludes: { caps: ['CAP_BPF'] } }, true],
    [{ includes: { arches: ['arm64', 'amd64'] } }, true],
    [{ includes: { arches: ['arm64'] } }, false],
    [{ excludes: { arches: ['amd64'] } }, false],
    [{ includes: { minKernel: '4.8' } }, true],
    [{ includes: { minKernel: '6.1' } }, true],
    [{ includes: { minKernel: '6.2' } }, false],
    [{ excludes: { minKernel: '6.1' } }, false],
  ])('with %j hold: %s', (conditions, want) => expect(kept(conditions)).toBe(want));

  it('are given on without what only Docker reads', () => {
    const args = [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' as const }];
    const syscalls = [
      rule('x', { includes: { caps: ['CAP_SYS_ADMIN'] }, comment: 'why', args }),
      { name: 'y', action: 'SCMP_ACT_ERRNO' as const, errnoRet: 38 },
    ];
    const archMap = [
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
    ];
    expect(plainProfile({ ...base, archMap, syscalls }, target)).toEqual({
      ...base,
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
      syscalls: [
        { names: ['x'], action: 'SCMP_ACT_ALLOW', args },
        { names: ['y'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ],
    });
  });

  it('of the plain form stay as they are', () => {
    const plain = { ...base, architectures: ['SCMP_ARCH_X86_64'], syscalls: [rule('x')] };
    expect(plainProfile(plain, target)).toEqual(plain);
  });
});

it.each<[Partial<ConditionalProfile>, string]>([
  [{ architectures: ['SCMP_ARCH_X86'], archMap: [{ architecture: 'SCMP_ARCH_X86' }] }, "both 'architectures' and 'archMap' are specified"],
  [{ syscalls: [{ ...rule('x'), name: 'y' }] }, "both 'name' and 'names' are specified"],
])('%j is refused', (profile, words) => expect(() => plainProfile({ ...base, ...profile }, target)).toThrow(words));
