import type { SandboxContext } from './sandbox-context.ts';
import type { Step } from './step.ts';

export const podCgroup: Step<SandboxContext> = {
  name: 'pod-cgroup',
  source: 'Kubernetes, "Pod level cgroups" (KEP-126): the pod is the parent of its containers, and its limits hold for their sum',
  async apply({ spec, cgroups }) {
    await cgroups.make(spec.cgroupPath, spec.resources);
  },
  async revert({ spec, cgroups }) {
    await cgroups.remove(spec.cgroupPath);
  },
};
