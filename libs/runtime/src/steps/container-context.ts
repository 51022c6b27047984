import type { ContainerUser } from '../containers/container-user.ts';
import type { ConmonOptions } from '../containers/conmon.ts';
import type { Crun } from '../containers/crun.ts';
import type { BundlePaths } from '../containers/node-paths.ts';
import type { SeccompProfile } from '../containers/default-seccomp.ts';
import type { HostFacts } from '../containers/oci-spec.ts';
import type { SeccompFilters } from '../containers/seccomp-filters.ts';
import type { ContainerSpec, SandboxSpec } from '../containers.contract.ts';
import type { Snapshotter } from '../snapshots.contract.ts';
import type { SandboxContext } from './sandbox-context.ts';

/** What the steps of a container work from. Later steps read what earlier ones filled in. */
export interface ContainerContext {
  spec: ContainerSpec;
  sandbox: SandboxSpec;
  sandboxPaths: SandboxContext['paths'];
  bundle: BundlePaths;
  snapshotter: Snapshotter;
  crun: Crun;
  conmon: ConmonOptions;
  host: HostFacts;
  filters: SeccompFilters;
  user?: ContainerUser;
  seccomp?: SeccompProfile;
  imageVolumes: { source: string; destination: string }[];
}
