import type { Digest } from '#base';
import type { Image } from '#runtime/images.contract';
import { containerSummary } from '../../containers/views.ts';
import type { Engine } from '../../engine.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { imageSummary } from '../../images/views.ts';
import { volumeView } from '../../volume-views.ts';

export const diskUsage: Endpoint = {
  method: 'GET',
  path: '/system/df',
  async handle(_call, engine) {
    const images = await engine.images.service.list();
    const layers = await layersOf(engine, images);
    const records = engine.containers.book.list();
    const containers = await Promise.all(records.map(async (record) => containerSummary(engine, record, await engine.sizesOf(record))));
    const volumes = await Promise.all(
      engine.volumes.list().map(async (volume) => ({
        ...volumeView(engine, volume),
        UsageData: {
          Size: (await engine.options.mounts.diskUsage(engine.volumes.path(volume.name))).bytes,
          RefCount: engine.usersOf(volume.name).length,
        },
      })),
    );
    const cache = (await engine.options.builder.cache.list()).map((record) => ({
      ID: record.id,
      Type: record.type,
      Description: record.description,
      InUse: false,
      Shared: false,
      Size: record.sizeBytes,
      CreatedAt: record.createdAt.toISOString(),
      LastUsedAt: record.lastUsedAt.toISOString(),
    }));
    return {
      status: 200,
      json: {
        LayersSize: [...layers.values()].reduce((sum, { bytes }) => sum + bytes, 0),
        Images: images.map((image) => ({
          ...imageSummary(image),
          SharedSize: sharedBytes(image, layers),
          Containers: records.filter(({ imageId }) => imageId === image.id).length,
        })),
        Containers: containers,
        Volumes: volumes,
        BuildCache: cache.length > 0 ? cache : null,
      },
    };
  },
};

interface UsedLayer {
  bytes: number;
  images: number;
}

/** Each layer once, packed as it is, with how many images have it. */
async function layersOf(engine: Engine, images: readonly Image[]): Promise<Map<Digest, UsedLayer>> {
  const layers = new Map<Digest, UsedLayer>();
  for (const { id } of images) {
    const own = new Map((await engine.images.building.layersOf(id)).map(({ diffId, descriptor }) => [diffId, descriptor.size]));
    for (const [diffId, bytes] of own) layers.set(diffId, { bytes, images: (layers.get(diffId)?.images ?? 0) + 1 });
  }
  return layers;
}

/** Of its layers, what other images have as well. */
function sharedBytes({ diffIds }: Image, layers: ReadonlyMap<Digest, UsedLayer>): number {
  const shared = [...new Set(diffIds)].map((diffId) => layers.get(diffId)).filter((layer) => layer !== undefined && layer.images > 1);
  return shared.reduce((sum, layer) => sum + layer!.bytes, 0);
}
