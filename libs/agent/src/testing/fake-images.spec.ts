import { createHash } from 'node:crypto';
import type { Image } from '#runtime/images.contract';
import { imageServiceConformance } from '#runtime/testing';
import { FakeImages } from './fake-images.ts';

function imageOf(command: string): Image {
  return {
    id: `sha256:${createHash('sha256').update(command).digest('hex')}`,
    names: [],
    repoDigests: [],
    config: { architecture: 'amd64', os: 'linux', config: { Cmd: [command] }, rootfs: { type: 'layers', diff_ids: [] } },
    diffIds: [],
    sizeBytes: 1,
  };
}

imageServiceConformance('FakeImages', async () => {
  const images = new FakeImages();
  const registry = 'registry.test:5000';
  return {
    images,
    registry,
    publish: async (name, command) => images.publish(`${registry}/${name}`, imageOf(command)),
    close: async () => undefined,
  };
});
