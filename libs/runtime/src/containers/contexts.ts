import { RuntimeError } from '../contract.ts';
import type { SandboxSpec } from '../containers.contract.ts';
import type { ContainerContext } from '../steps/index.ts';
import type { Snapshotter } from '../snapshots.contract.ts';
import type { ContainerRecord } from './container-record.ts';
import type { Crun } from './crun.ts';
import type { NodePaths } from './node-paths.ts';
import type { HostFacts } from './oci-spec.ts';
import type { SeccompFilters } from './seccomp-filters.ts';

/** What the containers of a node have in common. */
export interface NodeParts {
  crun: Crun;
  paths: NodePaths;
  filters: SeccompFilters;
  host: HostFacts;
  snapshotter: Snapshotter;
  conmon: string;
}

/** What the steps of a container work from. Without its sandbox it can only be taken away. */
export function containerContext(
  { crun, paths, filters, host, snapshotter, conmon }: NodeParts,
  record: ContainerRecord,
  sandbox: SandboxSpec = { id: record.spec.sandboxId, hostname: '', cgroupPath: '', hostNetwork: true, labels: {} },
): ContainerContext {
  return {
    spec: record.spec,
    sandbox,
    sandboxPaths: paths.sandbox(sandbox.id),
    bundle: record.bundle,
    snapshotter,
    crun,
    conmon: { conmon, crun: crun.program, crunRoot: paths.crun, exitDir: paths.exits },
    host,
    filters,
    imageVolumes: [],
  };
}

export const noSandbox = (id: string): RuntimeError => new RuntimeError('container-not-found', `no sandbox ${id}`);
