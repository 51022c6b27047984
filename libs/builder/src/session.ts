import { lookUp } from '#base';
import type { BuiltLayer } from '#runtime/building.contract';
import type { Image } from '#runtime/images.contract';
import type { SourceTree } from './context/source-tree.ts';
import { BuildError, type BuildOptions } from './contract.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { expand, type WordRules } from './dockerfile/words.ts';
import { LayerCache } from './layer-cache.ts';
import type { ImageState } from './steps/image-state.ts';

/** Passed on to RUN without being declared, and in no cache key: they say how to reach the network, not what to build. */
const proxyArgs = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'FTP_PROXY',
  'ftp_proxy',
  'NO_PROXY',
  'no_proxy',
  'ALL_PROXY',
  'all_proxy',
];

/** The end of the year 9999: beyond it times have no form in an image's config (RFC 3339). */
const latestSeconds = 253_402_300_799;

/** What all stages of one build share. */
export class BuildSession {
  readonly cache: LayerCache;
  /** By index of the stage: its state, also while it is being built, so that two that need it wait for one build. */
  readonly built = new Map<number, Promise<ImageState>>();
  readonly timestampSeconds: number;
  readonly globalArgs: Map<string, string | undefined>;
  steps = 0;
  cachedSteps = 0;

  constructor(
    readonly options: BuildOptions,
    readonly dockerfile: Dockerfile,
    readonly context: SourceTree,
    readonly architecture: string,
  ) {
    this.cache = new LayerCache(options.cacheDir, options.building);
    this.globalArgs = this.readGlobalArgs();
    this.timestampSeconds = options.sourceDateEpoch ?? this.sourceDateEpoch() ?? 0;
  }

  /** RFC 3339 in whole seconds: the form that image configs have. */
  get created(): string {
    return new Date(this.timestampSeconds * 1000).toISOString().replace('.000Z', 'Z');
  }

  /** `line` is for the message when a word is wrong. */
  rules(line: number, lookup: (name: string) => string | undefined): WordRules {
    return { line, escape: this.dockerfile.escape, lookup };
  }

  /** Dockerfile reference, "Automatic platform ARGs in the global scope"; `--build-arg` comes before them. */
  get platformArgs(): ReadonlyMap<string, string> {
    const { architecture } = this;
    const { buildArgs, target } = this.options;
    const automatic = [
      ['TARGETPLATFORM', `linux/${architecture}`],
      ['TARGETOS', 'linux'],
      ['TARGETARCH', architecture],
      ['TARGETOSVERSION', ''],
      ['TARGETVARIANT', ''],
      ['TARGETSTAGE', target ?? 'default'],
      ['BUILDPLATFORM', `linux/${architecture}`],
      ['BUILDOS', 'linux'],
      ['BUILDARCH', architecture],
      ['BUILDOSVERSION', ''],
      ['BUILDVARIANT', ''],
    ] as const;
    return new Map(automatic.map(([name, value]) => [name, lookUp(buildArgs, name) ?? value]));
  }

  /** `NAME=value` of what the builder was given and the Dockerfile need not declare. */
  proxyEnv(): string[] {
    const args = this.options.buildArgs ?? {};
    return proxyArgs.filter((name) => lookUp(args, name) !== undefined).map((name) => `${name}=${lookUp(args, name)}`);
  }

  /** The image that a FROM or `--from` names: this machine's, else the registry's. */
  async image(reference: string, line: number): Promise<{ image: Image; layers: BuiltLayer[] }> {
    const { images, building, signal } = this.options;
    try {
      const image = (await images.get(reference)) ?? (await images.pull(reference, { signal }));
      return { image, layers: await building.layersOf(image.id) };
    } catch (err) {
      throw new BuildError(line, `${reference}: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
    }
  }

  /**
   * Looks the step up, or runs it and keeps what it made. `key` has everything that the result depends on, or a wrong layer is found next
   * time; `text` is for people. undefined: it changed nothing. A step that throws is not kept.
   */
  async step(text: string, key: unknown, make: () => Promise<BuiltLayer | undefined>): Promise<BuiltLayer | undefined> {
    this.options.signal?.throwIfAborted();
    this.steps++;
    const hash = LayerCache.key(key);
    const known = this.options.noCache ? undefined : await this.cache.get(hash);
    if (known) {
      this.cachedSteps++;
      this.options.output(`#${this.steps} ${text}\n#${this.steps} CACHED\n`);
      return known.layer ?? undefined;
    }
    this.options.output(`#${this.steps} ${text}\n`);
    const layer = await make();
    await this.cache.put(hash, layer);
    return layer;
  }

  /** Failures of the file system under the line that asked for them. */
  async at<T>(line: number, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (err) {
      if (err instanceof BuildError || this.options.signal?.aborted) throw err;
      throw new BuildError(line, err instanceof Error ? err.message : String(err), { cause: err });
    }
  }

  /** Dockerfile reference, "BuildKit built-in build args". */
  private sourceDateEpoch(): number | undefined {
    const text = lookUp(this.options.buildArgs, 'SOURCE_DATE_EPOCH') ?? this.globalArgs.get('SOURCE_DATE_EPOCH') ?? '';
    if (text === '') return undefined;
    const seconds = Number(text);
    if (!/^\d+$/.test(text) || seconds > latestSeconds) throw new BuildError(undefined, `invalid SOURCE_DATE_EPOCH: ${text}`);
    return seconds;
  }

  private readGlobalArgs(): Map<string, string | undefined> {
    const known = new Map<string, string | undefined>(this.platformArgs);
    for (const { args, line } of this.dockerfile.globalArgs) {
      for (const { name, value } of args) {
        const given = lookUp(this.options.buildArgs, name);
        const own =
          value === undefined
            ? undefined
            : expand(
                value,
                this.rules(line, (other) => known.get(other)),
              );
        known.set(name, given ?? own ?? known.get(name));
      }
    }
    return known;
  }
}
