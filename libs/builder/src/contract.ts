import type { Digest } from '#base';
import type { BuildRunner, ImageBuilding } from '#runtime/building.contract';
import type { Image, ImageService } from '#runtime/images.contract';

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
  /** Directory of the layer cache. */
  cacheDir: string;
  /** Progress and what the steps print. */
  output: (text: string) => void;
  signal?: AbortSignal;
}

/** `digest` is the image id, the config's. `cachedSteps` of the `steps` were taken from the cache. */
export interface BuildResult {
  image: Image;
  digest: Digest;
  steps: number;
  cachedSteps: number;
}

/** What is wrong with a Dockerfile or with what it asks for, and on which line. */
export class BuildError extends Error {
  constructor(
    readonly line: number | undefined,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'BuildError';
  }
}
