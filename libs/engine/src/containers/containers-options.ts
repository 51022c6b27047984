import type { Clock, Random } from '#base';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { ImageService } from '#runtime/images.contract';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { Logger } from '#telemetry';
import type { Events } from '../events.ts';
import type { Networks } from '../networks/networks.ts';
import type { Volumes } from '../volumes.ts';
import type { ContainerBook } from './container-book.ts';

export interface ContainersOptions {
  book: ContainerBook;
  runtime: ContainerRuntime;
  images: ImageService;
  volumes: Volumes;
  networks: Networks;
  mounts: Pick<VolumeMounts, 'leadsAway'>;
  events: Events;
  /** From the hierarchy's root: the containers' groups lie below it. */
  cgroupRoot: string;
  clock: Clock;
  random: Random;
  logger: Logger;
}
