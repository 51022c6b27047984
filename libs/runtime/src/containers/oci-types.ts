import type { SeccompProfile } from './default-seccomp.ts';

/** The part of OCI runtime-spec 1.0 (config.md, config-linux.md) that Berth writes. */
export interface OciSpec {
  ociVersion: string;
  hostname?: string;
  process: OciProcess;
  root: { path: string; readonly: boolean };
  mounts: OciMount[];
  annotations: Record<string, string>;
  linux: {
    namespaces: { type: 'pid' | 'ipc' | 'uts' | 'mount' | 'network' | 'cgroup'; path?: string }[];
    cgroupsPath: string;
    rootfsPropagation: 'rprivate' | 'rslave' | 'rshared';
    resources: OciResources;
    devices?: OciDevice[];
    seccomp?: SeccompProfile;
    maskedPaths: readonly string[];
    readonlyPaths: readonly string[];
  };
}

export interface OciProcess {
  terminal: boolean;
  user: { uid: number; gid: number; additionalGids: number[] };
  args: string[];
  env: string[];
  cwd: string;
  noNewPrivileges: boolean;
  capabilities: { bounding: string[]; effective: string[]; permitted: string[] };
  oomScoreAdj?: number;
  /** Numbers as JSON writes them: the greatest does not fit into a number of JavaScript. */
  rlimits?: { type: string; soft: unknown; hard: unknown }[];
}

export interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: string[];
}

export interface OciDevice {
  path: string;
  type: 'c' | 'b';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
}

export interface OciResources {
  devices?: { allow: boolean; type?: 'a' | 'c' | 'b'; major?: number; minor?: number; access: string }[];
  cpu?: Record<string, number | string>;
  memory?: Record<string, number | boolean>;
  pids?: { limit: number };
  blockIO?: Record<string, number | Record<string, number>[]>;
}
