import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveRegistry } from '#registry/testing';
import { silentLogger } from '#telemetry';
import { imageServiceConformance } from '../conformance/image-service-conformance.ts';
import { archive, testImage, upload } from '../testing/archives.ts';
import { openImages } from './open-images.ts';

imageServiceConformance('ImageStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-images-'));
  const served = await serveRegistry(join(directory, 'registry'));
  const { images } = await openImages({ rootDir: join(directory, 'store'), logger: silentLogger });
  return {
    images,
    registry: served.host,
    async publish(name, command) {
      const [repository = '', tag = ''] = name.split(':');
      await upload(served.url, repository, tag, testImage([archive([{ path: 'file', content: command }])], { config: { Cmd: [command] } }));
    },
    async close() {
      await served.close();
      await rm(directory, { recursive: true });
    },
  };
});
