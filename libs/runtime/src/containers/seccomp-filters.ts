import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeccompProfile } from './default-seccomp.ts';
import { isAbsent } from './state-file.ts';

/** Profiles; the one that was learned first is forgotten first. */
const REMEMBERED = 64;
/** struct sock_filter, linux/filter.h. */
const INSTRUCTION_BYTES = 8;

/**
 * The programs that crun compiled from seccomp profiles. Compiling one for three architectures costs more than all else in making a
 * container, and nearly all containers have the same profile: the first is compiled by crun, the next ones are handed its result.
 */
export class SeccompFilters {
  private readonly compiled = new Map<string, string>();

  constructor(private readonly crunRoot: string) {}

  /** crun(1), `run.oci.seccomp_bpf_data`: the program is taken from the annotation. The profile stays in the spec, where `exec` looks for one. */
  annotations(profile: SeccompProfile | undefined): Record<string, string> {
    const program = profile && this.compiled.get(JSON.stringify(profile));
    return program ? { 'run.oci.seccomp_bpf_data': program } : {};
  }

  /** Remembers what crun compiled for a container that exists. */
  async learn(containerId: string, profile: SeccompProfile | undefined): Promise<void> {
    const key = profile && JSON.stringify(profile);
    if (key === undefined || this.compiled.has(key)) return;
    const program = await readFile(join(this.crunRoot, containerId, 'seccomp.bpf')).catch((err: unknown) => {
      if (isAbsent(err)) return undefined; // another runtime, or another version of this one
      throw err;
    });
    if (!program || program.length === 0 || program.length % INSTRUCTION_BYTES !== 0) return;
    this.compiled.set(key, program.toString('base64'));
    if (this.compiled.size > REMEMBERED) this.compiled.delete(this.compiled.keys().next().value!);
  }
}
