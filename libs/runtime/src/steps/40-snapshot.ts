import { mkdirSync } from 'node:fs';
import type { ContainerContext } from './container-context.ts';
import type { Step } from './step.ts';

export const snapshot: Step<ContainerContext> = {
  name: 'snapshot',
  source:
    'DESIGN: the container storage layer is a writable upper directory over the layers of the image, born and dead with the container',
  async apply({ spec, bundle, snapshotter }) {
    mkdirSync(bundle.rootfs, { recursive: true });
    // Read-only is the runtime's business: it must be able to make mount points first.
    await snapshotter.mount(spec.id, spec.image.diffIds, bundle.rootfs, { durable: spec.keepLayer ?? false });
  },
  async revert({ spec, snapshotter }) {
    await (spec.keepLayer ? snapshotter.unmount(spec.id) : snapshotter.remove(spec.id));
  },
};
