import { lookUp } from '#base';
import { RuntimeError } from '../contract.ts';
import type { SeccompProfile, SeccompRule } from './default-seccomp.ts';

/** Conditions of a rule: all of them have to hold. */
interface Conditions {
  arches?: string[];
  caps?: string[];
  /** `4.8` */
  minKernel?: string;
}

/** A profile as Docker and Podman take it: OCI runtime-spec's, and rules with conditions. */
export interface ConditionalProfile extends Omit<SeccompProfile, 'syscalls' | 'architectures'> {
  architectures?: string[] | null;
  archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null;
  syscalls?:
    | (Omit<SeccompRule, 'names'> & {
        names?: string[] | null;
        name?: string;
        comment?: string;
        includes?: Conditions | null;
        excludes?: Conditions | null;
      })[]
    | null;
}

/** What conditions are asked of. */
export interface SeccompTarget {
  capabilities: ReadonlySet<string>;
  /** As Node names it. */
  arch: string;
  /** `6.1.0-13-amd64` */
  kernel: string;
}

/** Go's names, which profiles use, and libseccomp's. */
const architectures: Record<string, { go: string; native: string }> = {
  x64: { go: 'amd64', native: 'SCMP_ARCH_X86_64' },
  arm64: { go: 'arm64', native: 'SCMP_ARCH_AARCH64' },
};

/** What of a profile holds for a container on this machine, in the form that OCI runtimes read. Pure. Throws with Docker's words. */
export function plainProfile(profile: ConditionalProfile, target: SeccompTarget): SeccompProfile {
  const { architectures: given, archMap, syscalls, ...rest } = profile;
  if (given?.length && archMap?.length) throw both('architectures', 'archMap');
  const native = lookUp(architectures, target.arch)?.native;
  const mapped = archMap?.find(({ architecture }) => architecture === native);
  return {
    ...rest,
    ...(given?.length && { architectures: given }),
    ...(mapped && { architectures: [mapped.architecture, ...(mapped.subArchitectures ?? [])] }),
    syscalls: (syscalls ?? []).filter((rule) => applies(rule, target)).map(plainRule),
  } as SeccompProfile;
}

type ConditionalRule = NonNullable<ConditionalProfile['syscalls']>[number];

function plainRule({ name, names, action, errnoRet, args }: ConditionalRule): SeccompRule {
  if (name !== undefined && name !== '' && names?.length) throw both('name', 'names');
  return {
    names: names?.length ? names : [name ?? ''],
    action,
    ...(errnoRet !== undefined && { errnoRet }),
    ...(args?.length && { args }),
  };
}

function applies({ includes, excludes }: ConditionalRule, { capabilities, arch, kernel }: SeccompTarget): boolean {
  const go = lookUp(architectures, arch)?.go ?? arch;
  if (includes?.arches?.length && !includes.arches.includes(go)) return false;
  if (includes?.caps?.length && !includes.caps.every((name) => capabilities.has(name))) return false;
  if (includes?.minKernel && !isAtLeast(kernel, includes.minKernel)) return false;
  if (excludes?.arches?.includes(go)) return false;
  if (excludes?.caps?.some((name) => capabilities.has(name))) return false;
  return !(excludes?.minKernel && isAtLeast(kernel, excludes.minKernel));
}

function isAtLeast(kernel: string, wanted: string): boolean {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

const both = (one: string, other: string): RuntimeError =>
  new RuntimeError('start-failed', `both '${one}' and '${other}' are specified in the seccomp profile, use either '${one}' or '${other}'`);
