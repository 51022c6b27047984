import type { Clock } from '#base';
import { RuntimeError } from '#runtime/contract';
import type {
  Container,
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerStats,
  ContainerUsage,
  KernelSupport,
  ExecIo,
  ExecSpec,
  CgroupLimits,
  TerminalSize,
  Sandbox,
  SandboxSpec,
} from '#runtime/containers.contract';

interface Entry {
  spec: ContainerSpec;
  container: Container;
  exited: PromiseWithResolvers<ContainerExit>;
  /** Signals that a paused container has not heard yet. */
  pending: string[];
}

/** Containers that run until they are told to end; everything that was done is in `calls`. Held to `containerRuntimeConformance`. */
export class FakeRuntime implements ContainerRuntime {
  /** `start NAME`, `kill NAME SIGNAL` and the like, in the order of the calls. */
  readonly calls: string[] = [];
  readonly entries = new Map<string, Entry>();
  /** Of each sandbox, as it was made, and of each group that was limited by its path. */
  readonly limits = new Map<string, CgroupLimits>();
  private readonly sandboxes = new Map<string, Sandbox>();
  private lastPid = 0;
  /** Asked at each create; answering an error makes it fail. */
  refuse: (spec: ContainerSpec) => RuntimeError | undefined = () => undefined;
  /** What a signal does; by default each ends the container. */
  onSignal: (id: string, signal: string) => void = (id, signal) => this.end(id, signal === 'SIGKILL' ? 137 : 143);
  /** Answers the exit code of a process that is run in a container. */
  onExec: (process: ExecSpec, io: ExecIo) => number | Promise<number> = () => 0;

  /** A machine that can do everything. */
  support: KernelSupport = {
    cgroupVersion: 1,
    swapLimit: true,
    swappiness: true,
    oomKillDisable: true,
    cpuRealtime: true,
    blockIoWeight: true,
    blockIoRates: true,
    cpus: '0-3',
    memoryNodes: '0',
    capabilities: ['CAP_CHOWN', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'],
  };

  constructor(private readonly clock: Clock) {}

  /** By the container's name in its pod. A copy. */
  running(name: string): Container | undefined {
    const entry = [...this.entries.values()].find((e) => e.spec.name === name && e.container.state === 'running');
    return entry && { ...entry.container };
  }

  /** A container's program ends. */
  end(id: string, exitCode: number, oomKilled = false): void {
    const { container, exited } = this.must(id);
    const exit = { exitCode, finishedAt: this.clock.now(), oomKilled };
    Object.assign(container, { state: 'exited', exit });
    delete container.pid;
    exited.resolve(exit);
  }

  async createSandbox({ id, labels, hostNetwork, resources }: SandboxSpec): Promise<Sandbox> {
    this.calls.push('createSandbox');
    this.limits.set(id, resources ?? {});
    const sandbox = { id, labels, netnsPath: hostNetwork ? undefined : `/run/${id}/net` };
    this.sandboxes.set(id, sandbox);
    return sandbox;
  }

  async removeSandbox(id: string): Promise<void> {
    this.calls.push('removeSandbox');
    this.sandboxes.delete(id);
  }

  async listSandboxes(): Promise<Sandbox[]> {
    return [...this.sandboxes.values()];
  }

  async create(spec: ContainerSpec): Promise<void> {
    this.calls.push(`create ${spec.name}`);
    const refused = this.refuse(spec);
    if (refused) throw refused;
    const { id, sandboxId, name, labels, logPath, stopSignal } = spec;
    if (this.entries.has(id)) return;
    if (!this.sandboxes.has(sandboxId)) throw noSandbox(sandboxId);
    const container: Container = {
      id,
      sandboxId,
      name,
      labels,
      logPath,
      ...(stopSignal && { stopSignal }),
      user: { uid: 7, gid: 8, groups: [8, 9] },
      imageId: spec.image.id,
      state: 'created',
      pid: ++this.lastPid,
      createdAt: this.clock.now(),
    };
    this.entries.set(id, { spec, container, exited: Promise.withResolvers<ContainerExit>(), pending: [] });
  }

  async start(id: string): Promise<{ pid: number; startedAt: Date }> {
    const { container } = this.must(id);
    this.calls.push(`start ${container.name}`);
    if (container.exit) throw new RuntimeError('start-failed', `container ${id} has ended`);
    if (container.state === 'created') Object.assign(container, { state: 'running', startedAt: this.clock.now() });
    return { pid: container.pid!, startedAt: container.startedAt! };
  }

  async kill(id: string, signal: string): Promise<void> {
    const { container, pending } = this.must(id);
    this.calls.push(`kill ${container.name} ${signal}`);
    if (container.exit) throw notRunning(id);
    if (container.state === 'paused' && signal !== 'SIGKILL') pending.push(signal);
    else this.onSignal(id, signal);
  }

  async remove(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.calls.push(`remove ${entry.spec.name}`);
    if (!entry.container.exit) this.end(id, 137);
    this.entries.delete(id);
  }

  async list(): Promise<Container[]> {
    return [...this.entries.values()].map(({ container }) => ({ ...container }));
  }

  async get(id: string): Promise<Container | undefined> {
    const entry = this.entries.get(id);
    return entry && { ...entry.container };
  }

  async specOf(id: string): Promise<ContainerSpec | undefined> {
    return this.entries.get(id)?.spec;
  }

  async wait(id: string, signal?: AbortSignal): Promise<ContainerExit> {
    const { exited } = this.must(id);
    return signal ? Promise.race([exited.promise, aborted(signal)]) : exited.promise;
  }

  async exec(id: string, process: ExecSpec, io: ExecIo): Promise<{ exitCode: number }> {
    this.started(id);
    this.calls.push(`exec ${process.args.join(' ')}`);
    const killed = io.signal ? [aborted(io.signal).catch(() => 137)] : [];
    return { exitCode: await Promise.race([this.onExec(process, io), ...killed]) };
  }

  async pause(id: string): Promise<void> {
    const { container } = this.started(id);
    this.calls.push(`pause ${container.name}`);
    container.state = 'paused';
  }

  async unpause(id: string): Promise<void> {
    const { container, pending } = this.started(id);
    this.calls.push(`unpause ${container.name}`);
    container.state = 'running';
    for (const signal of pending.splice(0)) this.onSignal(id, signal);
  }

  async removeLayer(id: string): Promise<void> {
    if (this.entries.has(id)) throw new RuntimeError('still-here', `container ${id} is still here`);
  }

  async resize(id: string, { columns, rows }: TerminalSize): Promise<void> {
    this.calls.push(`resize ${this.started(id).container.name} ${columns}x${rows}`);
  }

  async attach(id: string, { signal }: ExecIo, from?: number): Promise<void> {
    const { container, exited } = this.must(id);
    if (container.exit && from === undefined) throw notRunning(id);
    this.calls.push(`attach ${container.name}`);
    await Promise.race([exited.promise, ...(signal ? [aborted(signal).catch(() => undefined)] : [])]);
  }

  async update(id: string, { cpuShares }: CgroupLimits): Promise<void> {
    const { container } = this.must(id);
    if (!container.exit) this.calls.push(`update ${container.name} ${cpuShares}`);
  }

  async updateSandbox(id: string, { cpuShares }: CgroupLimits): Promise<void> {
    if (this.sandboxes.has(id)) this.calls.push(`updateSandbox ${cpuShares}`);
  }

  async reopenLog(id: string): Promise<void> {
    this.calls.push(`reopenLog ${this.started(id).container.name}`);
  }

  async stats(id: string): Promise<ContainerStats> {
    return { ...nothing, pids: this.must(id).container.exit ? 0 : 1 };
  }

  async cgroupStats(): Promise<ContainerStats> {
    return nothing;
  }

  async usage(id: string): Promise<ContainerUsage> {
    return { ...noUsage, pids: { current: (await this.stats(id)).pids } };
  }

  async processes(id: string): Promise<number[]> {
    const { pid } = this.must(id).container;
    return pid === undefined ? [] : [pid];
  }

  async writableUsage(): Promise<{ bytes: number; inodes: number }> {
    return { bytes: 0, inodes: 0 };
  }

  async limitCgroup(path: string, limits: CgroupLimits): Promise<void> {
    this.limits.set(path, limits);
  }

  socketInSandbox(id: string): number {
    if (!this.sandboxes.has(id)) throw noSandbox(id);
    throw new RuntimeError('not-running', 'there is no network in a fake');
  }

  private must(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new RuntimeError('container-not-found', `no container ${id}`);
    return entry;
  }

  private started(id: string): Entry {
    const entry = this.must(id);
    if (entry.container.exit || entry.container.state === 'created') throw notRunning(id);
    return entry;
  }
}

const nothing: ContainerStats = {
  cpuUsageNs: 0,
  memoryUsageBytes: 0,
  memoryWorkingSetBytes: 0,
  memoryRssBytes: 0,
  pageFaults: 0,
  majorPageFaults: 0,
  pids: 0,
  oomEvents: 0,
};

const noUsage: ContainerUsage = {
  cpu: { totalNs: 0, userNs: 0, systemNs: 0, periods: 0, throttledPeriods: 0, throttledNs: 0 },
  memory: { usageBytes: 0, maxUsageBytes: 0, failures: 0, stats: {} },
  pids: { current: 0 },
  io: { bytes: [], operations: [] },
  networks: [],
};

const notRunning = (id: string): RuntimeError => new RuntimeError('not-running', `container ${id} is not running`);
const noSandbox = (id: string): RuntimeError => new RuntimeError('container-not-found', `no sandbox ${id}`);

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
