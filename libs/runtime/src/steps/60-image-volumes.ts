import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun, removeTree } from '#base';
import { pinInRoot } from '../host/index.ts';
import type { ContainerContext } from './container-context.ts';
import type { Step } from './step.ts';

export const imageVolumes: Step<ContainerContext> = {
  name: 'image-volumes',
  source: 'OCI image-spec, config.md, "Volumes": paths that hold data of the container; Docker fills a new one from the image',
  async apply(context) {
    const { spec, bundle } = context;
    const covered = new Set(spec.mounts.map((m) => m.destination));
    const paths = Object.keys(spec.image.config.config?.Volumes ?? {})
      .map((path) => join('/', path))
      .filter((path) => path !== '/' && !covered.has(path));
    context.imageVolumes = [];
    for (const [i, destination] of paths.entries()) {
      const source = join(bundle.volumes, String(i));
      await mkdir(source, { recursive: true });
      const original = pinInRoot(bundle.rootfs, destination.slice(1));
      try {
        // cp keeps owners, modes, times, links and attributes; the trailing /. takes the directory's own along.
        if (original?.directory) await mustRun(['cp', '-a', `${original.path}/.`, source]);
      } finally {
        original?.close();
      }
      context.imageVolumes.push({ source, destination });
    }
  },
  async revert({ bundle }) {
    await removeTree(bundle.volumes);
  },
};
