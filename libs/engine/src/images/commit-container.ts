import type { Image, ImageConfig } from '#runtime/images.contract';
import type { BuiltLayer } from '#runtime/building.contract';
import { filesystemOf } from '../containers/container-files.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { type Config, configShape } from '../containers/settings.ts';
import type { Engine } from '../engine.ts';
import { pause, unpause } from '../containers/pausing.ts';
import { badParameter, notFound } from '../errors.ts';
import { familiar, inWords } from './images.ts';

export interface CommitRequest {
  name: string | undefined;
  author: string;
  comment: string;
  pause: boolean;
  changes: readonly string[];
  /** In place of the container's own, which fills what it leaves out. */
  config: Record<string, unknown> | undefined;
}

type RunConfig = NonNullable<ImageConfig['config']>;

/** The image of a container: its image's layers, and what it wrote as one more. Answers the id. */
export async function commitContainer(engine: Engine, record: ContainerRecord, request: CommitRequest): Promise<string> {
  const { building, service } = engine.images;
  const base = await service.get(record.imageId);
  if (!base) throw notFound(`No such image: ${record.imageId}`);
  if (request.name !== undefined) await engine.images.checkName(request.name);
  const own = imageConfigOf(record.config);
  const asked = request.config ? imageConfigOf(configShape(request.config, 'Config')) : own;
  const config = merged(changedBy(engine, asked, request.changes), own);
  try {
    const below = await building.layersOf(base.id);
    const layer = await writtenLayer(engine, record, request.pause);
    const layers = layer ? [...below, layer] : below;
    const release = await building.hold(layers);
    try {
      const image = await building.commitImage({
        config: childOf(base, { config, layers, request, record, created: engine.options.clock.now().toISOString() }),
        layers,
        names: request.name === undefined ? [] : [request.name],
        pinned: true,
      });
      const imageRef = request.name === undefined ? '' : familiar(request.name);
      engine.events.emit('image', 'create', image.id, { name: image.id });
      if (imageRef) engine.events.emit('image', 'tag', image.id, { name: imageRef });
      engine.containers.emit(record, 'commit', { comment: request.comment, imageID: image.id, imageRef });
      return image.id;
    } finally {
      release();
    }
  } catch (err) {
    throw inWords(err);
  }
}

/** Paused, unless told otherwise, while it is read; one that does not run is kept from starting. */
async function writtenLayer(engine: Engine, record: ContainerRecord, isPaused: boolean): Promise<BuiltLayer | undefined> {
  const { containers } = engine;
  const { filesystems } = engine.options;
  if (!containers.isRunning(record)) {
    return containers.hold(record, async () => filesystems.commitLayer(await filesystemOf(engine, record)));
  }
  const pauses = isPaused && containers.status(record) === 'running';
  if (pauses) await pause(containers, record);
  try {
    return await filesystems.commitLayer(await filesystemOf(engine, record));
  } finally {
    if (pauses) await unpause(containers, record);
  }
}

export function changedBy(engine: Engine, config: RunConfig, changes: readonly string[]): RunConfig {
  try {
    return changes.length > 0 ? engine.options.changed(config, changes) : config;
  } catch (err) {
    throw badParameter((err as Error).message);
  }
}

/** What an image keeps of a container's configuration. */
export function imageConfigOf(config: Config): RunConfig {
  const some = <T extends object>(map: T | null | undefined): T | undefined => (map && Object.keys(map).length > 0 ? map : undefined);
  const kept = {
    User: config.User,
    ExposedPorts: some(config.ExposedPorts),
    Env: config.Env ?? undefined,
    Entrypoint: config.Entrypoint ?? undefined,
    Cmd: config.Cmd ?? undefined,
    Volumes: some(config.Volumes),
    WorkingDir: config.WorkingDir,
    Labels: some(config.Labels),
    StopSignal: config.StopSignal || undefined,
    Healthcheck: config.Healthcheck as RunConfig['Healthcheck'],
    Shell: some(config.Shell),
    OnBuild: some(config.OnBuild),
  };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined && value !== '')) as RunConfig;
}

/** What is asked for, and from the container what it leaves out. Docker: daemon/commit.go, `merge`. */
export function merged(asked: RunConfig, own: RunConfig): RunConfig {
  const names = new Set((asked.Env ?? []).map((entry) => entry.split('=')[0]));
  const hasEntrypoint = (asked.Entrypoint?.length ?? 0) > 0;
  const command = hasEntrypoint || (asked.Cmd?.length ?? 0) > 0 ? asked.Cmd : own.Cmd;
  const entrypoint = asked.Entrypoint ?? own.Entrypoint;
  const both = <K extends 'ExposedPorts' | 'Volumes' | 'Labels'>(key: K): Partial<RunConfig> =>
    asked[key] || own[key] ? { [key]: { ...own[key], ...asked[key] } } : {};
  return {
    ...own,
    ...asked,
    Env: [...(asked.Env ?? []), ...(own.Env ?? []).filter((entry) => !names.has(entry.split('=')[0]))],
    ...both('ExposedPorts'),
    ...both('Volumes'),
    ...both('Labels'),
    ...(own.Healthcheck && { Healthcheck: { ...own.Healthcheck, ...asked.Healthcheck } }),
    Entrypoint: entrypoint as string[],
    Cmd: command as string[],
  };
}

function childOf(
  base: Image,
  child: { config: RunConfig; layers: readonly BuiltLayer[]; request: CommitRequest; record: ContainerRecord; created: string },
): ImageConfig {
  const { config, layers, request, record, created } = child;
  const isEmpty = layers.length === base.diffIds.length;
  return {
    ...base.config,
    created,
    ...(request.author && { author: request.author }),
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [
      ...(base.config.history ?? []),
      {
        created,
        created_by: (record.config.Cmd ?? []).join(' '),
        ...(request.author && { author: request.author }),
        ...(request.comment && { comment: request.comment }),
        ...(isEmpty && { empty_layer: true }),
      },
    ],
  };
}
