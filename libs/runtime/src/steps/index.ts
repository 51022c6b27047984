import { bundle } from './70-bundle.ts';
import { containerUser } from './50-container-user.ts';
import { imageVolumes } from './60-image-volumes.ts';
import { monitor } from './80-monitor.ts';
import { podCgroup } from './10-pod-cgroup.ts';
import { podNamespaces } from './20-pod-namespaces.ts';
import { podPidNamespace } from './35-pod-pid-namespace.ts';
import { podShm } from './30-pod-shm.ts';
import { snapshot } from './40-snapshot.ts';

export type { ContainerContext } from './container-context.ts';
export type { SandboxContext } from './sandbox-context.ts';
export { hasNamespaces } from './20-pod-namespaces.ts';
export { applySteps, revertSteps } from './step.ts';

/** What a pod needs before its first container. */
export const sandboxSteps = [podCgroup, podNamespaces, podShm];
/** What a container needs before it can be started. */
export const containerSteps = [podPidNamespace, snapshot, containerUser, imageVolumes, bundle, monitor];
