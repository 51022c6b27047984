import { join } from 'node:path';
import { type Clock, type Digest, type Random, systemClock, systemRandom } from '#base';
import type { Logger } from '#telemetry';
import type { Mirrors } from '../registry-client/endpoints.ts';
import { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
import { ImageStore } from './image-store.ts';

export interface OpenImagesOptions {
  /** Blobs, unpacked layers and names; `nodes/<node>/images`. */
  rootDir: string;
  /** Writable layers; `nodes/<node>/containers/snapshots`. On the same file system or another. */
  snapshotsDir?: string;
  /** host → URL, of `--registry-mirror`. */
  mirrors?: Mirrors;
  logger: Logger;
  clock?: Clock;
  random?: Random;
}

/** Opens the images of one directory; one process at a time. What a crash left half-way is cleared. */
export async function openImages(options: OpenImagesOptions): Promise<{ images: ImageStore; snapshots: OverlaySnapshotter }> {
  const { clock = systemClock, random = systemRandom, logger, rootDir, mirrors } = options;
  const inUse: { layers: () => Promise<readonly Digest[]> } = { layers: async () => [] };
  const images = new ImageStore({ rootDir, mirrors, clock, random, logger, layersInUse: () => inUse.layers() });
  await images.open();
  const snapshots = new OverlaySnapshotter({ rootDir: options.snapshotsDir ?? join(rootDir, 'snapshots'), layers: images.layers, logger });
  await snapshots.open();
  inUse.layers = () => snapshots.layersInUse();
  return { images, snapshots };
}
