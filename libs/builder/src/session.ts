import { type Clock, type Digest, digestOf, lookUp, systemClock } from '#base';
import type { BuiltLayer, LayerHolder } from '#runtime/building.contract';
import type { Image } from '#runtime/images.contract';
import { GlobalScope } from './global-scope.ts';
import type { SourceTree } from './context/source-tree.ts';
import { BuildError, type BuildEvent, type BuildOptions, type BuildStep, type Platform } from './contract.ts';
import type { Dockerfile, Stage } from './dockerfile/dockerfile.ts';
import type { StageInstruction } from './dockerfile/instruction.ts';
import type { WordRules } from './dockerfile/words.ts';
import { LayerCache } from './layer-cache.ts';
import { hostPlatform } from './platform.ts';
import { plainProgress } from './progress.ts';
import type { StagePlan } from './stage-plan.ts';
import { type ImageState, imageConfigOf } from './steps/image-state.ts';
import { MountCaches } from './steps/mount-caches.ts';

/** The end of the year 9999: beyond it times have no form in an image's config (RFC 3339). */
const latestSeconds = 253_402_300_799;

/** A step that was looked up or run. */
export interface UsedStep {
  key: string;
  layer: BuiltLayer | undefined;
  text: string;
}

/** What all stages of one build share. */
export class BuildSession {
  readonly cache: LayerCache;
  readonly mountCaches: MountCaches;
  /** Keeps garbage collection away from what this build uses. */
  readonly holder: LayerHolder;
  readonly scope: GlobalScope;
  readonly timestampSeconds: number;
  /** By index of the stage: its state, also while it is being built, so that two that need it wait for one build. */
  readonly built = new Map<number, Promise<ImageState>>();
  readonly report: (event: BuildEvent) => void;
  plan: StagePlan | undefined;
  /** What steps of this build have made, by their keys. */
  readonly used = new Map<string, UsedStep>();
  steps = 0;
  cachedSteps = 0;
  private readonly failing = new AbortController();
  private readonly endings: (() => Promise<void>)[] = [];
  readonly signal: AbortSignal;
  readonly clock: Clock;

  constructor(
    readonly options: BuildOptions,
    readonly dockerfile: Dockerfile,
    readonly context: SourceTree,
    readonly target: Platform,
  ) {
    this.clock = options.clock ?? systemClock;
    this.cache = new LayerCache(options.cacheDir, options.building, this.clock);
    this.mountCaches = new MountCaches(options.cacheDir);
    this.holder = options.building.holder();
    this.scope = new GlobalScope(options, dockerfile, target);
    this.timestampSeconds = options.sourceDateEpoch ?? this.sourceDateEpoch() ?? 0;
    this.report = options.report ?? plainProgress(options.output);
    this.signal = options.signal ? AbortSignal.any([options.signal, this.failing.signal]) : this.failing.signal;
  }

  /** RFC 3339 in whole seconds: the form that image configs have. */
  get created(): string {
    return new Date(this.timestampSeconds * 1000).toISOString().replace('.000Z', 'Z');
  }

  /** `line` is for the message when a word is wrong. */
  rules(line: number, lookup: (name: string) => string | undefined): WordRules {
    return { line, escape: this.dockerfile.escape, lookup };
  }

  stepOf(instruction: Stage['from'] | StageInstruction): BuildStep {
    return this.plan!.steps.get(instruction)!;
  }

  /** The image that a FROM or `--from` names: this machine's, else the registry's. */
  async image(reference: string, line: number, platform: Platform): Promise<{ image: Image; layers: BuiltLayer[] }> {
    const { building } = this.options;
    try {
      const image = await this.findImage(reference, platform);
      const layers = await building.layersOf(image.id);
      await this.hold(layers);
      return { image, layers };
    } catch (err) {
      throw new BuildError(line, `${reference}: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
    }
  }

  /** An image of another platform gets no name here: pods and containers would meet it under that. */
  private async findImage(reference: string, platform: Platform): Promise<Image> {
    const { images, pull, credentialsFor } = this.options;
    const fits = (image: Image): boolean => image.config.os === platform.os && image.config.architecture === platform.architecture;
    const present = pull ? undefined : await images.get(reference);
    if (present && fits(present)) return present;
    const credentials = credentialsFor?.(reference);
    const isForeign = platform.architecture !== hostPlatform.architecture || platform.os !== hostPlatform.os;
    const options = { signal: this.signal, ...(credentials && { credentials }), ...(isForeign && { platform, unnamed: true }) };
    return images.pull(reference, options);
  }

  hold(layers: readonly BuiltLayer[]): Promise<void> {
    return this.holder.hold(layers.flatMap(({ diffId, descriptor }) => [diffId, descriptor.digest]));
  }

  /**
   * Looks a step up, or runs it and keeps what it made. `key` has everything that the result depends on, or a wrong layer is found next
   * time; `text` is for people. A step that throws is not kept. `layer` undefined: it changed nothing.
   */
  async layer(
    text: string,
    key: unknown,
    make: () => Promise<BuiltLayer | undefined>,
  ): Promise<{ layer: BuiltLayer | undefined; cached: boolean }> {
    this.signal.throwIfAborted();
    this.steps++;
    const hash = LayerCache.key(key);
    const known = this.options.noCache ? undefined : await this.cache.get(hash, (layer) => this.hold([layer]));
    if (known) {
      this.cachedSteps++;
      this.used.set(hash, { key: hash, layer: known.layer ?? undefined, text });
      return { layer: known.layer ?? undefined, cached: true };
    }
    const layer = await make();
    if (layer) await this.hold([layer]);
    await this.cache.put(hash, layer, text);
    this.used.set(hash, { key: hash, layer, text });
    return { layer, cached: false };
  }

  /** Whether a step that changes nothing but the config has been built before. */
  async known(key: unknown): Promise<boolean> {
    this.signal.throwIfAborted();
    const hash = LayerCache.key(key);
    if (!this.options.noCache && (await this.cache.get(hash, async () => undefined))) return true;
    await this.cache.put(hash, undefined);
    return false;
  }

  /** Of the image that a state would be. */
  idOf(state: ImageState): Digest {
    return digestOf(Buffer.from(JSON.stringify(imageConfigOf(state, this.created))));
  }

  /** Failures of the file system under the line that asked for them. */
  async at<T>(line: number, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (err) {
      if (this.signal.aborted) throw err;
      if (err instanceof BuildError && err.line !== undefined) throw err;
      throw new BuildError(line, err instanceof Error ? err.message : String(err), { cause: err });
    }
  }

  /** A directory that goes with the build. */
  async directory(): Promise<string> {
    const { path, remove } = await this.options.building.newUpper();
    this.endings.push(remove);
    return path;
  }

  /** What has failed first is what counts; the rest is told to stop. */
  fail(err: unknown): void {
    this.failing.abort(err);
  }

  get failure(): unknown {
    return this.failing.signal.aborted ? this.failing.signal.reason : undefined;
  }

  /** Once nothing of the build runs any more. */
  async end(): Promise<void> {
    this.fail(new Error('the build has ended'));
    await Promise.allSettled(this.built.values());
    for (const ending of this.endings) await ending();
    this.holder.release();
  }

  /** Dockerfile reference, "BuildKit built-in build args". */
  private sourceDateEpoch(): number | undefined {
    const text = lookUp(this.options.buildArgs, 'SOURCE_DATE_EPOCH') ?? this.scope.args.get('SOURCE_DATE_EPOCH') ?? '';
    if (text === '') return undefined;
    const seconds = Number(text);
    if (!/^\d+$/.test(text) || seconds > latestSeconds) throw new BuildError(undefined, `invalid SOURCE_DATE_EPOCH: ${text}`);
    return seconds;
  }
}
