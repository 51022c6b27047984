import { join } from 'node:path';
import { type Clock, type Digest, type Random, removeTree, systemClock, systemRandom } from '#base';
import type { Logger } from '#telemetry';
import { readMounts, unmount } from '../host/index.ts';
import type { Neighbours } from '../neighbours.contract.ts';
import type { UnpackLimits } from '../layers/unpack-limits.ts';
import type { DestinationRules } from '../registry-client/destinations.ts';
import type { Mirrors } from '../registry-client/endpoints.ts';
import type { RegistryAccess } from '../registry.contract.ts';
import type { ImageArchives } from '../archives.contract.ts';
import { NodeFilesystems } from '../files/node-filesystems.ts';
import { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
import { StoreImageBuilding } from './image-building.ts';
import { type CredentialsFor, ImageStore } from './image-store.ts';
import { loadArchive } from './load-archive.ts';
import { saveArchive } from './save-archive.ts';
import { lockStore } from './store-lock.ts';

export interface OpenImagesOptions {
  /** Blobs, unpacked layers and names; `nodes/<node>/images`. */
  rootDir: string;
  /** Writable layers; `nodes/<node>/containers/snapshots`. On the same file system or another. */
  snapshotsDir?: string;
  /** host → URL, of `--registry-mirror`. */
  mirrors?: Mirrors;
  credentialsFor?: CredentialsFor;
  /** Where registries may send us. */
  destinations?: DestinationRules;
  limits?: UnpackLimits;
  /** Asked for layers before the registry. */
  neighbours?: Neighbours;
  /** Of this start of the machine, unless it is the one that proc(5) tells. */
  bootId?: string;
  logger: Logger;
  clock?: Clock;
  random?: Random;
}

/** They share one store: what `building` makes and `images` pulls can be mounted by `snapshots`. */
export interface OpenedImages {
  images: ImageStore;
  snapshots: OverlaySnapshotter;
  building: StoreImageBuilding;
  filesystems: NodeFilesystems;
  archives: ImageArchives;
  registries: RegistryAccess;
}

/** Opens the images of one directory; one process at a time. What a crash left half-way is cleared. */
export async function openImages(options: OpenImagesOptions): Promise<OpenedImages> {
  const { clock = systemClock, random = systemRandom, logger, rootDir } = options;
  await lockStore(join(rootDir, 'lock'));
  // The snapshots are opened after the images that they are made of, and are asked by the images' garbage collection.
  const inUse: { layers: () => Promise<readonly Digest[]> } = { layers: async () => [] };
  const images = new ImageStore({ ...options, clock, random, layersInUse: () => inUse.layers() });
  await images.open();
  const snapshots = new OverlaySnapshotter({ rootDir: options.snapshotsDir ?? join(rootDir, 'snapshots'), layers: images.layers, logger });
  await snapshots.open();
  inUse.layers = () => snapshots.layersInUse();
  // Uppers of a build that was interrupted.
  const buildDir = join(rootDir, 'building');
  for (const { target } of readMounts().filter((entry) => entry.target.startsWith(`${buildDir}/`))) await unmount(target);
  await removeTree(buildDir);
  const building = new StoreImageBuilding(images, buildDir, random);
  const filesystems = await NodeFilesystems.open({ workDir: join(rootDir, 'views'), snapshots, building, random });
  const archives: ImageArchives = {
    save: (saved) => saveArchive(images, saved),
    load: (archive, how) => loadArchive(images, archive, how),
  };
  return { images, snapshots, building, filesystems, archives, registries: images.registries };
}
