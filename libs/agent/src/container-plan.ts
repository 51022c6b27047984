import type { Container, EphemeralContainer, Pod, PodSecurityContext, SecurityContext } from '#api/types';
import { lookUp } from '#base';
import type { Container as RuntimeContainer, ContainerSpec, Device, Mount } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { ConfigError, expand } from './environment-plan.ts';
import { containerResources, oomScoreAdj } from './resources-plan.ts';

export interface ContainerPlanInput {
  pod: Pod;
  container: Container | EphemeralContainer;
  id: string;
  attempt: number;
  sandboxId: string;
  hostname: string;
  image: Image;
  env: string[];
  mounts: Mount[];
  devices: Device[];
  logPath: string;
  seccompRoot: string;
  nodeMemoryBytes: number;
  /** The first process of the container whose processes an ephemeral one wants to see. */
  targetPid?: number;
}

/** Labels by which the agent finds its containers again. */
export const labels = {
  uid: 'berth.io/pod-uid',
  namespace: 'berth.io/pod-namespace',
  pod: 'berth.io/pod-name',
  container: 'berth.io/container-name',
  attempt: 'berth.io/attempt',
  imageRef: 'berth.io/image-ref',
};

/** Whose container it is; undefined for one that no pod has. */
export function podOf({ labels: given }: Pick<RuntimeContainer, 'labels'>) {
  const of = (label: string): string => lookUp(given, label) ?? '';
  if (lookUp(given, labels.container) === undefined) return undefined;
  return {
    namespace: of(labels.namespace),
    pod: of(labels.pod),
    uid: of(labels.uid),
    container: of(labels.container),
    attempt: Number(of(labels.attempt)),
    image: of(labels.imageRef),
  };
}

/** The runtime's container of a pod's container. Throws ConfigError when the security context cannot hold. */
export function containerSpec(input: ContainerPlanInput): ContainerSpec {
  const { pod, container, image, env } = input;
  const config = image.config.config ?? {};
  const podContext = pod.spec.securityContext ?? {};
  const context = container.securityContext ?? {};
  const user = userOf(podContext, context, config.User ?? '');
  checkNonRoot(podContext, context, { user, pod, container });
  return {
    id: input.id,
    sandboxId: input.sandboxId,
    name: container.name,
    labels: podLabels(pod, {
      [labels.container]: container.name,
      [labels.attempt]: String(input.attempt),
      [labels.imageRef]: container.image ?? '',
    }),
    image,
    args: argumentsOf(container, config, env),
    // Runtimes set HOSTNAME, and programs rely on it.
    env: mergedEnv([...(config.Env ?? []), `HOSTNAME=${input.hostname}`], env),
    cwd: container.workingDir || config.WorkingDir || '/',
    user,
    supplementalGroups: [...(podContext.supplementalGroups ?? []), ...(podContext.fsGroup === undefined ? [] : [podContext.fsGroup])],
    strictGroups: podContext.supplementalGroupsPolicy === 'Strict',
    mounts: input.mounts,
    ...(input.devices.length > 0 && { devices: input.devices }),
    resources: containerResources(container.resources, pod.spec.resources),
    readonlyRootfs: context.readOnlyRootFilesystem ?? false,
    privileged: context.privileged ?? false,
    capabilities: { add: context.capabilities?.add ?? [], drop: context.capabilities?.drop ?? [] },
    noNewPrivileges: context.allowPrivilegeEscalation === false,
    seccomp: seccompOf(context.seccompProfile ?? podContext.seccompProfile, input.seccompRoot),
    ...(context.procMount === 'Unmasked' && { maskedPaths: [], readonlyPaths: [] }),
    pidNamespace: pidNamespaceOf(pod, input.targetPid),
    hostIpc: pod.spec.hostIPC ?? false,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    logPath: input.logPath,
    oomScoreAdj: oomScoreAdj(pod, container, input.nodeMemoryBytes),
    stopSignal: container.lifecycle?.stopSignal ?? config.StopSignal ?? 'SIGTERM',
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
  };
}

function pidNamespaceOf({ spec }: Pod, targetPid: number | undefined): ContainerSpec['pidNamespace'] {
  if (spec.hostPID) return 'host';
  if (spec.shareProcessNamespace) return 'sandbox';
  return targetPid === undefined ? 'container' : { ofProcess: targetPid };
}

export function podLabels(pod: Pod, more: Record<string, string> = {}): Record<string, string> {
  const { uid = '', namespace = '', name = '' } = pod.metadata;
  return { [labels.uid]: uid, [labels.namespace]: namespace, [labels.pod]: name, ...more };
}

/** Kubernetes, "Define a Command and Arguments for a Container": `command` replaces the entrypoint and, without `args`, the image's command too. */
function argumentsOf(
  container: Container | EphemeralContainer,
  config: { Entrypoint?: string[]; Cmd?: string[] },
  env: readonly string[],
): string[] {
  const variables = new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const expanded = (words: readonly string[]): string[] => words.map((word) => expand(word, (name) => variables.get(name)));
  const command = container.command?.length ? expanded(container.command) : (config.Entrypoint ?? []);
  const args = container.args?.length ? expanded(container.args) : container.command?.length ? [] : (config.Cmd ?? []);
  const all = [...command, ...args];
  if (all.length === 0) throw new ConfigError('no command specified');
  return all;
}

function mergedEnv(image: readonly string[], own: readonly string[]): string[] {
  const name = (entry: string): string => entry.slice(0, entry.indexOf('='));
  const overridden = new Set(own.map(name));
  return [...image.filter((entry) => !overridden.has(name(entry))), ...own];
}

function userOf(pod: PodSecurityContext, own: SecurityContext, imageUser: string): string {
  const user = own.runAsUser ?? pod.runAsUser;
  const group = own.runAsGroup ?? pod.runAsGroup;
  const name = user === undefined ? imageUser : String(user);
  return group === undefined ? name : `${name.split(':')[0] || '0'}:${group}`;
}

/** Only a number can be told from root before the container runs. */
function checkNonRoot(pod: PodSecurityContext, own: SecurityContext, about: { user: string; pod: Pod; container: { name: string } }): void {
  if (!(own.runAsNonRoot ?? pod.runAsNonRoot)) return;
  const [name = ''] = about.user.split(':');
  const where = `(pod: "${about.pod.metadata.name}_${about.pod.metadata.namespace}(${about.pod.metadata.uid})", container: ${about.container.name})`;
  const explicit = own.runAsUser ?? pod.runAsUser;
  if (explicit === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (explicit !== undefined) return;
  if (name === '' || name === '0') throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (!/^\d+$/.test(name))
    throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`);
}

/** Without a profile Kubernetes runs containers unconfined, unless the node defaults to its runtime's: Berth does (`SeccompDefault`). */
function seccompOf(profile: SecurityContext['seccompProfile'], root: string): ContainerSpec['seccomp'] {
  if (profile?.type === 'Unconfined') return 'unconfined';
  if (profile?.type === 'Localhost') return { path: `${root}/${profile.localhostProfile ?? ''}` };
  return 'default';
}
