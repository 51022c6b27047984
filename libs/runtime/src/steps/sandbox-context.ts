import type { SandboxSpec } from '../containers.contract.ts';
import type { Cgroups } from '../host/index.ts';

export interface SandboxContext {
  spec: SandboxSpec;
  paths: { dir: string; net: string; ipc: string; uts: string; shm: string; pid: string; pausePid: string };
  cgroups: Cgroups;
}
