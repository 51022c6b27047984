import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Pod } from '#api/types';
import { isStaticPod } from '#objects';
import { systemReason, lookUp } from '#base';
import { RuntimeError } from '#runtime/contract';
import type { ContainerSpec, ProcessUser } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { containerSpec, labels } from '../container-plan.ts';
import type { AgentContext } from '../context.ts';
import { ConfigError, environmentOf } from '../environment-plan.ts';
import type { ContainerEntry } from '../observed.ts';
import { hostnameOf } from '../pod-files-plan.ts';
import type { PodPaths } from '../pod-paths.ts';
import type { PodObjects } from '../volumes/pod-objects.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { containerDevices, containerMounts } from './container-mounts.ts';
import { mountImageVolumes } from './image-volumes.ts';
import type { PodImages } from './images.ts';
import { WaitingError } from './errors.ts';

export type StartNode = Pick<
  AgentContext,
  | 'runtime'
  | 'images'
  | 'snapshots'
  | 'metrics'
  | 'logger'
  | 'services'
  | 'mounts'
  | 'random'
  | 'dns'
  | 'nodeName'
  | 'nodeIps'
  | 'nodeAllocatable'
  | 'nodeMemoryBytes'
  | 'rootDir'
>;

export interface StartInput {
  context: StartNode;
  pod: Pod;
  podIps: readonly string[];
  entry: ContainerEntry;
  attempt: number;
  paths: PodPaths;
  images: PodImages;
  objects: PodObjects;
  volumes: Pick<PodVolumes, 'binding' | 'device'>;
  signal: AbortSignal;
  event: (container: string, event: { type: 'Normal' | 'Warning'; reason: string; message: string }) => void;
}

export interface Started {
  id: string;
  image: Image;
  startedAt: Date;
  stopSignal: string;
  user?: ProcessUser;
}

/** The runtime refused to run the program: the container counts as ended with exit code 128. */
export class StartRefused extends Error {
  constructor(
    readonly id: string,
    readonly image: Image,
    message: string,
    options: { cause: unknown },
  ) {
    super(message, options);
  }
}

/** Image, environment, mounts, creation, start. Throws WaitingError or StartRefused; leaves no container behind then. */
export async function startContainer(input: StartInput): Promise<Started> {
  const { context, pod, entry, signal, event } = input;
  const image = await input.images.ensure(pod, entry.spec, signal);
  signal.throwIfAborted();
  await mountImageVolumes({ ...input, container: entry.spec });
  signal.throwIfAborted();
  const spec = await configure(input, image);
  mkdirSync(dirname(spec.logPath), { recursive: true, mode: 0o755 });
  signal.throwIfAborted();
  try {
    await context.runtime.create(spec);
    event(entry.name, { type: 'Normal', reason: 'Created', message: 'Container created' });
    const { startedAt } = await context.runtime.start(spec.id);
    event(entry.name, { type: 'Normal', reason: 'Started', message: 'Container started' });
    context.metrics.containersStarted.inc({
      container_type: entry.role === 'main' ? 'container' : entry.role === 'ephemeral' ? 'ephemeral_container' : 'init_container',
    });
    const user = (await context.runtime.get(spec.id))?.user;
    return { id: spec.id, image, startedAt, stopSignal: spec.stopSignal ?? 'SIGTERM', user };
  } catch (err) {
    await context.runtime.remove(spec.id);
    context.logger.warn({ err, container: entry.name, id: spec.id }, 'a container could not be started');
    if (!(err instanceof RuntimeError)) throw new WaitingError('CreateContainerError', systemReason(err), 10_000, { cause: err });
    event(entry.name, { type: 'Warning', reason: 'Failed', message: `Error: ${err.message}` });
    context.metrics.containerStartErrors.inc({ container_type: 'container', code: err.code });
    throw new StartRefused(spec.id, image, err.message, { cause: err });
  }
}

async function configure(input: StartInput, image: Image): Promise<ContainerSpec> {
  const { context, pod, entry, attempt, paths, volumes } = input;
  const container = { ...entry.spec, resources: entry.allocated };
  try {
    if (!isStaticPod(pod)) await context.services.synced(); // it has to run without an API as well
    const data = await input.objects.environment(entry.spec);
    const env = environmentOf({
      pod,
      container,
      configMap: (name) => data.configMaps.get(name),
      secret: (name) => data.secrets.get(name),
      services: context.services.list(),
      file: (volume, path) => readVolumeFile(input, volume, path),
      facts: { podIps: input.podIps, hostIps: context.nodeIps, nodeAllocatable: context.nodeAllocatable },
    });
    const mounts = containerMounts({ pod, container: entry.spec, attempt, env, paths, volumes, mounts: context.mounts });
    return containerSpec({
      pod,
      container,
      id: context.random.bytes(32).toString('hex'),
      attempt,
      sandboxId: pod.metadata.uid ?? '',
      hostname: pod.spec.hostNetwork ? context.nodeName : hostnameOf(pod, context.dns.clusterDomain).hostname,
      image,
      env,
      mounts,
      devices: containerDevices({ pod, container: entry.spec, volumes }),
      logPath: paths.log(entry.name, attempt),
      seccompRoot: `${context.rootDir}/seccomp`,
      nodeMemoryBytes: context.nodeMemoryBytes,
      targetPid: await targetPidOf(context, pod, entry.spec),
    });
  } catch (err) {
    if (err instanceof WaitingError && err.reason !== 'CreateContainerConfigError') throw err;
    const message = systemReason(err);
    input.event(entry.name, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
    if (err instanceof WaitingError) throw err;
    throw new WaitingError('CreateContainerConfigError', message, err instanceof ConfigError ? 10_000 : 2_000, { cause: err });
  }
}

function readVolumeFile({ pod, volumes, context }: StartInput, name: string, path: string): string | undefined {
  const volume = pod.spec.volumes?.find((each) => each.name === name);
  if (!volume) throw new ConfigError(`cannot find the volume "${name}" referenced by FileKeyRef`);
  return context.mounts.readWithin(volumes.binding(pod, volume).path, path);
}

/** `targetContainerName` of an ephemeral container: whose processes it sees. Throws ConfigError when that one does not run. */
async function targetPidOf({ runtime }: StartNode, pod: Pod, container: ContainerEntry['spec']): Promise<number | undefined> {
  const target = 'targetContainerName' in container ? container.targetContainerName : undefined;
  if (!target) return undefined;
  const found = (await runtime.list()).filter(
    (each) => lookUp(each.labels, labels.uid) === pod.metadata.uid && lookUp(each.labels, labels.container) === target,
  );
  if (found.length === 0) throw new ConfigError(`unable to find target container ${target}`);
  const running = found.find(({ state }) => state === 'running');
  if (!running?.pid) throw new ConfigError(`target container ${target} is not running`);
  return running.pid;
}

/** `--previous` reads the log of the container before; older ones go. */
export async function forgetOldAttempt(paths: PodPaths, name: string, attempt: number): Promise<void> {
  if (attempt < 2) return;
  const log = basename(paths.log(name, attempt - 2));
  const logs = await readdir(paths.logs(name)).catch(() => []); // none was written
  const rotated = logs.filter((file) => file === log || file.startsWith(`${log}.`)).map((file) => join(paths.logs(name), file));
  await Promise.all([...rotated, paths.termination(name, attempt - 2)].map((path) => rm(path, { force: true })));
}
