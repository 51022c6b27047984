import { containerSummary } from '../../containers/views.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { imageSummary } from '../../images/views.ts';
import { volumeView } from '../../volume-views.ts';

export const diskUsage: Endpoint = {
  method: 'GET',
  path: '/system/df',
  async handle(_call, engine) {
    const images = await engine.images.service.list();
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
        LayersSize: images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        Images: images.map((image) => ({
          ...imageSummary(image),
          Containers: records.filter(({ imageId }) => imageId === image.id).length,
        })),
        Containers: containers,
        Volumes: volumes,
        BuildCache: cache.length > 0 ? cache : null,
      },
    };
  },
};
