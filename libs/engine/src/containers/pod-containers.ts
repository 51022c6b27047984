import type { Container, ContainerRuntime, ContainerSpec, Mount } from '#runtime/containers.contract';
import { bornState, type ContainerRecord, type MountPoint, NEVER } from './record.ts';
import { type Config, configShape, type HostConfig, hostConfigShape } from './settings.ts';

/** Whose a container is that is not the engine's: a container of a pod of this node. */
export interface PodContainer {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  attempt: number;
  /** As the pod names it. */
  image: string;
}

export interface PodContainersOptions {
  runtime: Pick<ContainerRuntime, 'list' | 'get' | 'specOf'>;
  /** undefined: it is no pod's. */
  podOf: (container: Container) => PodContainer | undefined;
}

/** The containers of this node's pods as Docker shows them: named and labelled as Kubernetes' own Docker runtime (dockershim) did. */
export class PodContainers {
  constructor(private readonly options: PodContainersOptions) {}

  async list(): Promise<ContainerRecord[]> {
    const all = await this.options.runtime.list();
    const records = await Promise.all(all.map((container) => this.recordOf(container)));
    return records.filter((record) => record !== undefined);
  }

  /** By id, name, or the beginning of an id that only one has. */
  async find(reference: string): Promise<ContainerRecord | undefined> {
    const all = await this.list();
    const exact = all.find(({ id, name }) => id === reference || name === reference.replace(/^\//, ''));
    const begun = /^[0-9a-f]+$/.test(reference) ? all.filter(({ id }) => id.startsWith(reference)) : [];
    return exact ?? (begun.length === 1 ? begun[0] : undefined);
  }

  private async recordOf(container: Container): Promise<ContainerRecord | undefined> {
    const owner = this.options.podOf(container);
    const spec = owner && (await this.options.runtime.specOf(container.id));
    return spec && podRecord(container, spec, owner);
  }
}

function podRecord(container: Container, spec: ContainerSpec, owner: PodContainer): ContainerRecord {
  const { exit, startedAt, createdAt, pid } = container;
  const [path = '', ...args] = spec.args;
  return {
    id: container.id,
    name: `k8s_${owner.container}_${owner.pod}_${owner.namespace}_${owner.uid}_${owner.attempt}`,
    created: createdAt.toISOString(),
    imageId: container.imageId,
    config: configOf(spec, owner),
    hostConfig: hostConfigOf(container, spec),
    endpoints: {},
    path,
    args,
    mounts: spec.mounts.map(mountPointOf),
    state: {
      ...bornState(),
      status: exit ? 'exited' : startedAt ? 'running' : 'created',
      startedAt: startedAt?.toISOString() ?? NEVER,
      finishedAt: exit?.finishedAt.toISOString() ?? NEVER,
      exitCode: exit?.exitCode ?? 0,
      oomKilled: exit?.oomKilled ?? false,
    },
    pod: { name: `${owner.namespace}/${owner.pod}`, phase: container.state, pid: pid ?? 0, logPath: container.logPath },
  };
}

function configOf(spec: ContainerSpec, owner: PodContainer): Config {
  const config = {
    Hostname: owner.pod,
    User: spec.user,
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce ?? false,
    Env: spec.env,
    Cmd: spec.args,
    Image: owner.image,
    WorkingDir: spec.cwd,
    ...(spec.stopSignal && { StopSignal: spec.stopSignal }),
    Labels: {
      'io.kubernetes.container.logpath': spec.logPath,
      'io.kubernetes.container.name': owner.container,
      'io.kubernetes.docker.type': 'container',
      'io.kubernetes.pod.name': owner.pod,
      'io.kubernetes.pod.namespace': owner.namespace,
      'io.kubernetes.pod.uid': owner.uid,
    },
  };
  return configShape(config, 'Config');
}

function hostConfigOf(
  { sandboxId }: Container,
  { capabilities, resources, privileged, readonlyRootfs, oomScoreAdj }: ContainerSpec,
): HostConfig {
  const config = {
    NetworkMode: `container:${sandboxId}`,
    LogConfig: { Type: 'json-file', Config: {} },
    RestartPolicy: { Name: 'no' },
    CapAdd: capabilities.add.length > 0 ? capabilities.add : null,
    CapDrop: capabilities.drop.length > 0 ? capabilities.drop : null,
    Privileged: privileged,
    ReadonlyRootfs: readonlyRootfs,
    OomScoreAdj: oomScoreAdj ?? 0,
    Memory: resources.memoryLimitBytes ?? 0,
    CpuShares: resources.cpuShares ?? 0,
    CpuQuota: resources.cpuQuotaUs ?? 0,
    CpuPeriod: resources.cpuPeriodUs ?? 0,
    PidsLimit: resources.pidsLimit ?? null,
  };
  return hostConfigShape(config, 'HostConfig');
}

function mountPointOf({ type, source, destination, readonly, propagation }: Mount): MountPoint {
  const Propagation = type === 'tmpfs' ? '' : propagation && propagation !== 'private' ? propagation : 'rprivate';
  return { Type: type ?? 'bind', Source: source, Destination: destination, Mode: '', RW: !readonly, Propagation };
}
