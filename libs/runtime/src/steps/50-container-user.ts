import { resolveUser } from '../containers/container-user.ts';
import { readTextInRoot } from '../host/index.ts';
import type { ContainerContext } from './container-context.ts';
import type { Step } from './step.ts';

export const containerUser: Step<ContainerContext> = {
  name: 'container-user',
  source: 'OCI image-spec, config.md, "User"',
  async apply(context) {
    const { bundle, spec } = context;
    const files = { passwd: readTextInRoot(bundle.rootfs, 'etc/passwd') ?? '', group: readTextInRoot(bundle.rootfs, 'etc/group') ?? '' };
    context.user = resolveUser(spec.user, files, { groups: spec.supplementalGroups, strict: spec.strictGroups });
  },
  async revert() {
    // Only looked something up.
  },
};
