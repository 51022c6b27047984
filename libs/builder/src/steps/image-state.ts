import type { BuiltLayer } from '#runtime/building.contract';
import type { ImageConfig } from '#runtime/images.contract';
import type { Platform } from '../contract.ts';

type RunConfig = NonNullable<ImageConfig['config']>;
type History = NonNullable<ImageConfig['history']>;

/** What a stage is, instruction after instruction: the config of the image that it would be, and its layers. */
export interface ImageState {
  architecture: string;
  os: string;
  variant?: string;
  /** MAINTAINER. */
  author?: string;
  config: RunConfig;
  layers: BuiltLayer[];
  history: History;
  /** CMD was given in this stage: an ENTRYPOINT then leaves it alone. */
  hasOwnCommand: boolean;
  /** ARGs in scope, and what they are worth. */
  args: Map<string, string | undefined>;
}

/** Dockerfile reference, "SHELL": on Linux. */
export const defaultShell = ['/bin/sh', '-c'];

/** What FROM scratch begins with; BuildKit's as well, so that `ENV PATH=$PATH:/more` does what people mean. */
export function emptyState({ os, architecture, variant }: Platform): ImageState {
  const config = { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], WorkingDir: '/' };
  return { architecture, os, ...(variant && { variant }), config, layers: [], history: [], hasOwnCommand: false, args: new Map() };
}

/** The state that FROM an image (or a stage) begins with: a copy, less what is of no concern to what is built on it. */
export function stateFrom(config: ImageConfig, layers: readonly BuiltLayer[]): ImageState {
  return {
    architecture: config.architecture,
    os: config.os,
    ...(config.variant && { variant: config.variant }),
    author: config.author,
    config: structuredClone(config.config ?? {}),
    layers: [...layers],
    history: structuredClone(config.history ?? []),
    hasOwnCommand: false,
    args: new Map(),
  };
}

/** The image of a state. Keys in a fixed order: the same state is the same bytes. */
export function imageConfigOf(state: ImageState, created: string): ImageConfig {
  const { config } = state;
  const sorted = <T>(map: Record<string, T> | undefined): Record<string, T> | undefined =>
    map && Object.keys(map).length > 0 ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : undefined;
  return {
    author: state.author,
    created,
    architecture: state.architecture,
    os: state.os,
    variant: state.variant,
    config: {
      User: config.User,
      ExposedPorts: sorted(config.ExposedPorts),
      Env: config.Env,
      Entrypoint: config.Entrypoint,
      Cmd: config.Cmd,
      Volumes: sorted(config.Volumes),
      WorkingDir: config.WorkingDir,
      Labels: sorted(config.Labels),
      StopSignal: config.StopSignal,
      Healthcheck: config.Healthcheck,
      Shell: config.Shell,
      OnBuild: config.OnBuild?.length ? config.OnBuild : undefined,
    },
    rootfs: { type: 'layers', diff_ids: state.layers.map(({ diffId }) => diffId) },
    history: state.history,
  };
}

/** A new list. A name that is there keeps its place: the order of Env is part of the image's digest. */
export function setEnv(env: readonly string[] | undefined, name: string, value: string): string[] {
  const entry = `${name}=${value}`;
  const present = (env ?? []).findIndex((item) => item.startsWith(`${name}=`));
  return present < 0 ? [...(env ?? []), entry] : (env ?? []).with(present, entry);
}

export function envValue(env: readonly string[] | undefined, name: string): string | undefined {
  return env?.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A path as the stage's WORKDIR makes it absolute. */
export function absolute(path: string, workingDir: string | undefined): string {
  const joined = path.startsWith('/') ? path : `${workingDir || '/'}/${path}`;
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return `/${parts.join('/')}`;
}
