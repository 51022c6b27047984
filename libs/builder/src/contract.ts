import type { Clock, Digest } from '#base';
import type { BuildBounds, BuildRunner, ImageBuilding } from '#runtime/building.contract';
import type { Image, ImageService, RegistryCredentials } from '#runtime/images.contract';

/*
 * From a Dockerfile and a directory to an image.
 *
 * Terms (Docker's reference spells them so)
 *  - **build context**: the directory that COPY and ADD read from, less what `.dockerignore` names.
 *  - **stage**: the instructions from one FROM to the next. Only the stages that the target needs are built.
 *  - **step**: an instruction that changes files (RUN, COPY, ADD, WORKDIR). Each makes at most one layer.
 *  - **layer cache**: step → layer, keyed on everything that the step can see: the layers below, its words, its environment, the
 *    content of the files it copies.
 */

export interface BuildOptions {
  contextDir: string;
  /** Path; `<contextDir>/Dockerfile` unless told otherwise. */
  dockerfile?: string;
  /** Names for the image. */
  tags: readonly string[];
  /** Values of ARGs; the Dockerfile's defaults count for the others. */
  buildArgs?: Readonly<Record<string, string>>;
  /** Stage to build; the last one unless told otherwise. */
  target?: string;
  /** On top of the Dockerfile's own, which they replace. */
  labels?: Readonly<Record<string, string>>;
  /** Build every step anew. */
  noCache?: boolean;
  /**
   * Seconds since the epoch for all times in the image (reproducible-builds.org, SOURCE_DATE_EPOCH). 0 unless told otherwise: the same
   * input gives the same digest.
   */
  sourceDateEpoch?: number;
  images: ImageService;
  building: ImageBuilding;
  runner: BuildRunner;
  /** Directory of the layer cache, and of the directories of cache mounts. */
  cacheDir: string;
  /** Beside stages: what FROM, `--from` and mounts mean by a name. */
  contexts?: Readonly<Record<string, NamedContext>>;
  /** By id, for `--mount=type=secret`; undefined: there is none after all. */
  secrets?: Readonly<Record<string, () => Promise<Uint8Array | undefined>>>;
  /** Sockets of agents by id, for `--mount=type=ssh`. */
  ssh?: Readonly<Record<string, string>>;
  /** What the Dockerfile may ask for. */
  allow?: readonly Entitlement[];
  /**
   * `linux/arm64`; this machine's unless told otherwise. Several make an index. RUN works on this machine's alone: nothing is emulated.
   */
  platforms?: readonly string[];
  /** What others have built, and where this build is left for others. */
  cacheFrom?: readonly CacheSource[];
  cacheTo?: readonly CacheTarget[];
  /** Of RUNs that do not say: `none`, or the host's. */
  network?: 'none';
  /** Of each RUN. */
  bounds?: BuildBounds;
  /** Ask the registry for each base, also for those that are here. */
  pull?: boolean;
  /** For the registry of a reference, when bases are pulled. */
  credentialsFor?: (reference: string) => RegistryCredentials | undefined;
  /** Stages that need nothing of one another, one after the other, as the classic builder shows them. */
  inOrder?: boolean;
  /** Progress and what the steps print, as text for people. */
  output: (text: string) => void;
  /** The same as events; then there is no text. */
  report?: (event: BuildEvent) => void;
  signal?: AbortSignal;
  clock?: Clock;
}

/** `--cache-from`: an image that brings its cache along, of a registry or of this machine (`image`), or a directory that one was left in. */
export type CacheSource = { type: 'registry' | 'image'; ref: string } | { type: 'local'; directory: string };

/** `--cache-to`. `max`: of all stages, and not of the image's own layers alone. `inline`: in the image itself. */
export type CacheTarget = (Exclude<CacheSource, { type: 'image' }> & { mode: 'min' | 'max' }) | { type: 'inline' };

/** `--build-context`. */
export type NamedContext = { directory: string } | { image: string };

export type Entitlement = 'network.host' | 'security.insecure';

/** What a builder keeps; `docker builder prune` and `docker system df` show it. */
export interface CacheRecord {
  id: string;
  type: 'regular' | 'exec.cachemount';
  description: string;
  sizeBytes: number;
  createdAt: Date;
  lastUsedAt: Date;
}

/** The builder of one image store. */
export interface Builder {
  /** Throws BuildError. */
  build(options: Omit<BuildOptions, 'images' | 'building' | 'runner' | 'cacheDir'>): Promise<BuildResult>;
  /** A context that is elsewhere, into an empty directory; `dockerfile` when that is all it is. */
  fetchContext(remote: string, directory: string, signal?: AbortSignal): Promise<{ contextDir: string; dockerfile?: string }>;
  readonly cache: {
    /** By when they were used last. */
    list(): Promise<CacheRecord[]>;
    /** Answers what has gone. `all`: also what is not worth listing. */
    prune(chosen: (record: CacheRecord) => boolean, all: boolean): Promise<CacheRecord[]>;
  };
}

/** An instruction of a stage that is built. */
export interface BuildStep {
  /** From 1, over all stages that are built, in the order of the file. */
  number: number;
  total: number;
  /** Of the stage: its name, or `stage-<index>` where there are several. */
  stage: string;
  /** From 1, of the stage's own. */
  ofStage: { number: number; total: number };
  keyword: string;
  /** As it stands in the file. */
  text: string;
}

/** `id`: of the image that the stage is so far. `process`: whether RUN had to be run. */
export type BuildEvent =
  | ({ step: BuildStep } & (
      | { do: 'begin' }
      | { do: 'triggers'; count: number }
      | { do: 'output'; text: string }
      | { do: 'end'; cached: boolean; id: Digest | undefined; ms: number }
    ))
  | { do: 'warning'; rule: string; line: number | undefined; text: string };

/** OCI image-spec, image-index.md, by GOOS and GOARCH names. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** `digest` is the image id, the config's. `cachedSteps` of the `steps` were taken from the cache. */
export interface BuildResult {
  image: Image;
  digest: Digest;
  steps: number;
  cachedSteps: number;
}

/** A process of a RUN did not succeed. */
export interface FailedProcess {
  args: readonly string[];
  exitCode: number;
}

/** What is wrong with a Dockerfile or with what it asks for, and on which line. */
export class BuildError extends Error {
  constructor(
    readonly line: number | undefined,
    message: string,
    options?: { cause?: unknown; process?: FailedProcess; excerpt?: string },
  ) {
    super(message, options);
    this.name = 'BuildError';
    this.process = options?.process;
    this.excerpt = options?.excerpt ?? '';
  }

  readonly process: FailedProcess | undefined;
  /** The lines around it with their numbers, as BuildKit shows them; '' where there is no line. */
  readonly excerpt: string;
}
