import { lookUp } from '#base';
import type { BuildOptions, Platform } from './contract.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { expand } from './dockerfile/words.ts';
import { hostPlatform, platformText } from './platform.ts';

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

/** The ARGs before the first FROM, and those that need no declaration. */
export class GlobalScope {
  readonly args: ReadonlyMap<string, string | undefined>;

  /** Throws BuildError for a wrong word. */
  constructor(
    private readonly options: BuildOptions,
    dockerfile: Dockerfile,
    private readonly target: Platform,
  ) {
    const known = new Map<string, string | undefined>(this.platformArgs());
    for (const { args, line } of dockerfile.globalArgs) {
      for (const { name, value } of args) {
        const given = lookUp(options.buildArgs, name);
        const rules = { line, escape: dockerfile.escape, lookup: (other: string) => known.get(other) };
        known.set(name, given ?? (value === undefined ? known.get(name) : expand(value, rules)));
      }
    }
    this.args = known;
  }

  /** `NAME=value` of what the builder was given and the Dockerfile need not declare. */
  proxyEnv(): string[] {
    const args = this.options.buildArgs ?? {};
    return proxyArgs.filter((name) => lookUp(args, name) !== undefined).map((name) => `${name}=${lookUp(args, name)}`);
  }

  /** Dockerfile reference, "Automatic platform ARGs in the global scope"; `--build-arg` comes before them. */
  private platformArgs(): [string, string][] {
    const { buildArgs, target } = this.options;
    const of = (prefix: string, platform: Platform): [string, string][] => [
      [`${prefix}PLATFORM`, platformText(platform)],
      [`${prefix}OS`, platform.os],
      [`${prefix}ARCH`, platform.architecture],
      [`${prefix}OSVERSION`, ''],
      [`${prefix}VARIANT`, platform.variant ?? ''],
    ];
    const automatic = [...of('TARGET', this.target), ['TARGETSTAGE', target ?? 'default'] as const, ...of('BUILD', hostPlatform)];
    return automatic.map(([name, value]) => [name, lookUp(buildArgs, name) ?? value]);
  }
}
