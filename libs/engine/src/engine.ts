import { join } from 'node:path';
import type { Clock, Random } from '#base';
import type { Builder } from '#builder/contract';
import type { ImageBuilding } from '#runtime/building.contract';
import type { ImageArchives } from '#runtime/archives.contract';
import type { ContainerFilesystems } from '#runtime/filesystems.contract';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { ImageConfig, ImageService } from '#runtime/images.contract';
import type { LogReader } from '#runtime/logs.contract';
import type { RegistryAccess } from '#runtime/registry.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import { ContainerBook } from './containers/container-book.ts';
import type { ContainerRecord, ContainerSizes } from './containers/record.ts';
import { Containers } from './containers/containers.ts';
import type { Execs } from './containers/execs.ts';
import { PodContainers, type PodContainersOptions } from './containers/pod-containers.ts';
import { Events } from './events.ts';
import { conflict, EngineError } from './errors.ts';
import { EngineImages } from './images/images.ts';
import { Networks } from './networks/networks.ts';
import type { NodeLinks } from './networks/node-links.ts';
import { Volumes } from './volumes.ts';

export interface EngineOptions {
  /** Of this machine or node, as `docker info` shows it. */
  name: string;
  /** `<root>/containers/<id>`, `<root>/volumes/<name>` */
  rootDir: string;
  cgroupRoot: string;
  runtime: ContainerRuntime;
  images: ImageService;
  building: ImageBuilding;
  filesystems: ContainerFilesystems;
  archives: ImageArchives;
  registries: RegistryAccess;
  mounts: VolumeMounts;
  logs: LogReader;
  links: NodeLinks;
  /** Builds on the images of this engine. */
  builder: Builder;
  /** Whose a container is that the engine has not made; without it none of them is shown. */
  podOf?: PodContainersOptions['podOf'];
  /** A configuration as `--change` of commit and import changes it. */
  changed: (config: RunConfig, changes: readonly string[]) => RunConfig;
  clock: Clock;
  random: Random;
  logger: Logger;
}

type RunConfig = NonNullable<ImageConfig['config']>;

/** Containers, images and volumes as the Docker Engine API knows them, on the runtime of one node. */
export class Engine {
  readonly events: Events;
  readonly execs: Execs;
  readonly images: EngineImages;
  readonly pods: PodContainers;

  private constructor(
    readonly options: EngineOptions,
    readonly networks: Networks,
    readonly volumes: Volumes,
    readonly containers: Containers,
  ) {
    this.events = containers.options.events;
    this.images = new EngineImages(options.images, options.building);
    this.execs = containers.execs;
    const { runtime, podOf = () => undefined } = options;
    this.pods = new PodContainers({ runtime, podOf });
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { clock, random, logger, runtime, images, building, mounts, cgroupRoot, rootDir } = options;
    const events = new Events(clock);
    const networks = await Networks.open({ links: options.links, rootDir, name: options.name, events, clock, random, logger });
    const volumes = await Volumes.open({ root: join(rootDir, 'volumes'), clock, random, building, mounts });
    const book = await ContainerBook.open(join(rootDir, 'containers'));
    const containers = await Containers.open({
      book,
      runtime,
      images,
      volumes,
      networks,
      mounts,
      events,
      cgroupRoot,
      clock,
      random,
      logger,
    });
    return new Engine(options, networks, volumes, containers);
  }

  /** A container of the engine or of a pod. Throws 404. */
  async find(reference: string): Promise<ContainerRecord> {
    try {
      return this.containers.book.find(reference);
    } catch (err) {
      const found = err instanceof EngineError && err.status === 404 ? await this.pods.find(reference) : undefined;
      if (!found) throw err;
      return found;
    }
  }

  /** One that may be changed from here. Throws 404, and 409 for a pod's. */
  async findOwn(reference: string): Promise<ContainerRecord> {
    const record = await this.find(reference);
    if (record.pod) {
      throw conflict(`container ${record.name} belongs to pod ${record.pod.name} of the cluster: it is changed through its API (kubectl)`);
    }
    return record;
  }

  /** All that is here, that of pods too; oldest first. */
  async everything(): Promise<ContainerRecord[]> {
    return [...this.containers.book.list(), ...(await this.pods.list())].toSorted((a, b) => a.created.localeCompare(b.created));
  }

  /** Bytes of what a container wrote, and of all that it sees. */
  async sizesOf(record: ContainerRecord): Promise<ContainerSizes> {
    const [{ bytes: written }, image] = await Promise.all([
      this.options.runtime.writableUsage(record.id),
      this.images.service.get(record.imageId),
    ]);
    return { SizeRw: written, SizeRootFs: written + (image?.sizeBytes ?? 0) };
  }

  /** Ids of the containers that mount a volume. */
  usersOf(volume: string): string[] {
    return this.containers.book.list().flatMap(({ id, mounts }) => (mounts.some(({ Name }) => Name === volume) ? [id] : []));
  }

  /** Ends what runs, within the seconds; the next engine starts what its policy wants running. */
  shutDown(seconds: number): Promise<void> {
    return this.containers.shutDown(seconds);
  }

  /** Containers run on, and the next engine adopts them. */
  close(): void {
    this.containers.close();
  }
}
