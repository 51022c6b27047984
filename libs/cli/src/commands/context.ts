import type { Clock } from '#base';
import type { BuildOptions } from '#builder/contract';
import type { Logger } from '#telemetry';
import { type ClusterSettings, defaultSettings, mergeSettings, readSettings, UsageError } from '../supervisor/cluster-settings.ts';
import { type Layout, layoutOf } from '../supervisor/layout.ts';
import { rangesOf } from '../supervisor/networks.ts';

/** What a command gets from its process. */
export interface CommandContext {
  home: string;
  /** From flags and environment. */
  given: Partial<ClusterSettings>;
  /** The folder that holds `dist/`, `deploy/` and `node_modules/`. */
  installation: string;
  nodeBinary: string;
  clock: Clock;
  logger: Logger;
  write: (text: string) => void;
  isTerminal: boolean;
  /** Builds the image of a folder with a Dockerfile and pushes it under its name. */
  buildImage(request: BuildRequest): Promise<{ digest: string }>;
}

/** As the agents' flags of these names, for what the builder pulls. */
export interface ImageRules {
  guarded: string[];
  allowed: string[];
  limits: string;
}

/** What the builder takes, and what becomes of the image. */
export interface BuildRequest
  extends Omit<BuildOptions, 'images' | 'building' | 'runner' | 'cacheDir' | 'credentialsFor' | 'inOrder' | 'clock'> {
  push: boolean;
  /** Of layers that are pushed. */
  compression?: 'gzip' | 'zstd';
  /** Where the builder keeps its store. */
  storeDir: string;
  /** Mirrors as `HOST=URL`, as the agent's `--registry-mirror`. */
  mirrors: readonly string[];
  /** Logins of the cluster's registry; they win over those of the user's own files. */
  authFile: string;
  images: ImageRules;
}

export interface Cluster {
  layout: Layout;
  settings: ClusterSettings;
}

/** The cluster that lives in this home. Throws UsageError when there is none, or when flags contradict it. */
export async function existingCluster({ home, given }: Pick<CommandContext, 'home' | 'given'>): Promise<Cluster> {
  const layout = layoutOf(home);
  const existing = await readSettings(layout.settings);
  if (!existing) throw new UsageError(`no cluster in ${home}: make one with "npm start", or set BERTH_HOME`);
  return { layout, settings: mergeSettings(existing, given) };
}

/** Of the cluster in this home, or of one that would be made there. */
export async function imageRules({ home, given }: Pick<CommandContext, 'home' | 'given'>): Promise<ImageRules> {
  return imageRulesOf({ ...defaultSettings, ...(await readSettings(layoutOf(home).settings)), ...given });
}

export function imageRulesOf({ nodeCidr, podCidr, serviceCidr, imagePullAllowed, imageLimits }: ClusterSettings): ImageRules {
  return {
    guarded: [nodeCidr, podCidr, serviceCidr].flatMap(rangesOf),
    allowed: imagePullAllowed.split(',').filter(Boolean),
    limits: imageLimits,
  };
}
