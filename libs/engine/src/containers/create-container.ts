import { stat } from 'node:fs/promises';
import type { KernelSupport } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { maskedPaths, readonlyPaths } from '#runtime/protected-paths.contract';
import type { Engine } from '../engine.ts';
import { badParameter, notFound } from '../errors.ts';
import { checkSettings, commandLine, mergedConfig, SHM_BYTES } from './creation.ts';
import { wantedMounts, type WantedMount } from './mount-points.ts';
import { requestedEndpoints } from '../networks/requested.ts';
import { resolveJoined } from './join.ts';
import { checkName, madeUpName } from './names.ts';
import { bornState, type ContainerRecord, type MountPoint } from './record.ts';
import { checkResources } from './resources.ts';
import { securityOptions } from './runtime-spec.ts';
import { volumesFrom } from './volumes-from.ts';
import { configShape, type HostConfig, hostConfigShape, networkingShape } from './settings.ts';

/**
 * Makes a container of the body of a request. It stands on disk before this resolves. What of it this machine cannot do is told in
 * `warnings`. Throws 400, 404 and 409.
 */
export async function createContainer(
  engine: Engine,
  body: Record<string, unknown> | undefined,
  name: string | null,
  warnings: string[] = [],
): Promise<ContainerRecord> {
  if (!body || Object.keys(body).length === 0) throw badParameter('Config cannot be empty in order to create a container');
  const asked = configShape(body, 'ContainerConfigWrapper');
  const hostConfig = hostConfigShape(body['HostConfig'], 'HostConfig');
  const networking = networkingShape(body['NetworkingConfig'], 'NetworkingConfig');
  if (asked.Image === '' && !asked.Cmd && !asked.Entrypoint) throw badParameter('No command specified');
  const image = await imageOf(engine, asked.Image);
  const config = mergedConfig(asked, image);
  const { path, args } = commandLine(config);
  if (name !== null) checkName(name.replace(/^\//, ''));
  const { support } = engine.options.runtime;
  checkSettings(config, hostConfig, support.capabilities);
  warnings.push(...checkResources(hostConfig, support));
  resolveJoined(hostConfig, engine.containers.book);
  const endpoints = requestedEndpoints({ asked, config, hostConfig, networking }, engine.networks.book, engine.containers.book);
  securityOptions(hostConfig.SecurityOpt ?? []);
  const inherited = volumesFrom(hostConfig.VolumesFrom ?? [], engine.containers.book);
  const wanted = wantedMounts(config, hostConfig, new Set(inherited.map(({ Destination }) => Destination)));
  await checkSources(wanted);
  fillIn(hostConfig, support);
  const id = engine.options.random.bytes(32).toString('hex');
  config.Hostname ||= nameOf(engine, hostConfig, id);
  const record: ContainerRecord = {
    id,
    name: name?.replace(/^\//, '') || madeUpName(engine.options.random),
    created: engine.options.clock.now().toISOString(),
    imageId: image.id,
    config,
    hostConfig,
    endpoints,
    path,
    args,
    mounts: [],
    state: bornState(),
  };
  const own = await Promise.all(wanted.map((mount) => pointOf(engine, mount)));
  record.mounts = [...inherited.filter((each) => !own.some(({ Destination }) => Destination === each.Destination)), ...own];
  try {
    // Its layers have to be here whenever it starts again.
    await engine.images.service.pin(image.id);
    await engine.containers.add(record);
  } catch (err) {
    for (const { anonymous, Name } of record.mounts) if (anonymous && Name !== undefined) await engine.volumes.remove(Name);
    throw err;
  }
  return record;
}

/** What Docker's daemon decides where nothing was said. */
function fillIn(host: HostConfig, support: KernelSupport): void {
  host.ShmSize ||= SHM_BYTES;
  host.LogConfig.Type ||= 'json-file';
  host.CgroupnsMode ||= support.cgroupVersion === 2 ? 'private' : 'host';
  if (host.Memory > 0) host.MemorySwap ||= host.Memory * 2;
  if (support.oomKillDisable) host.OomKillDisable ??= false;
  if (host.PidsLimit !== null && host.PidsLimit <= 0) host.PidsLimit = null;
  if (host.Privileged) return;
  host.MaskedPaths ??= [...maskedPaths];
  host.ReadonlyPaths ??= [...readonlyPaths];
}

/** Who has the name or the network of another is called as that one is. */
function nameOf(engine: Engine, { NetworkMode, UTSMode }: HostConfig, id: string): string {
  if (UTSMode === 'host' || NetworkMode === 'host') return engine.options.name;
  const other = NetworkMode.startsWith('container:') ? engine.containers.book.get(NetworkMode.slice('container:'.length)) : undefined;
  return other?.config.Hostname ?? id.slice(0, 12);
}

async function imageOf(engine: Engine, reference: string): Promise<Image> {
  const image = await engine.images.find(reference);
  if (!image) throw notFound(`No such image: ${engine.images.withTag(reference)}`);
  return image;
}

/** A bind of `Mounts` has to be there; one of `Binds` is made when it is not. */
async function checkSources(wanted: readonly WantedMount[]): Promise<void> {
  for (const { Source, mustExist } of wanted) {
    if (!mustExist || Source === undefined) continue;
    if (!(await stat(Source).catch(() => undefined))) {
      throw badParameter(`invalid mount config for type "bind": bind source path does not exist: ${Source}`);
    }
  }
}

async function pointOf(engine: Engine, wanted: WantedMount): Promise<MountPoint> {
  const mount = { ...wanted, Source: wanted.Source ?? '' };
  const { labels, driverOptions: options } = wanted;
  delete mount.driverOptions;
  delete mount.labels;
  delete mount.mustExist;
  if (mount.Type !== 'volume') return mount;
  const { name } = await engine.volumes.create({
    ...(mount.Name !== undefined && { name: mount.Name }),
    ...(labels && { labels }),
    ...(options && { options }),
  });
  return { ...mount, Name: name, Source: engine.volumes.path(name) };
}
