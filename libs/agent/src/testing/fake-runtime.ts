import type { Clock } from '#base';
import { RuntimeError } from '#runtime/contract';
import type {
  Container,
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerStats,
  ExecIo,
  ExecSpec,
  Resources,
  Sandbox,
  SandboxSpec,
} from '#runtime/containers.contract';

interface Entry {
  spec: ContainerSpec;
  container: Container;
  exited: PromiseWithResolvers<ContainerExit>;
}

/** Containers that run until they are told to end; everything that was asked for is in `calls`. */
export class FakeRuntime implements ContainerRuntime {
  readonly calls: string[] = [];
  readonly entries = new Map<string, Entry>();
  /** Of each sandbox, as it was made. */
  readonly limits = new Map<string, Resources>();
  private readonly sandboxes = new Map<string, Sandbox>();
  /** Asked at each create; answering an error makes it fail. */
  refuse: (spec: ContainerSpec) => RuntimeError | undefined = () => undefined;
  /** What a signal does; by default each ends the container. */
  onSignal: (id: string, signal: string) => void = (id, signal) => this.end(id, signal === 'SIGKILL' ? 137 : 143);
  onExec: (process: ExecSpec) => number = () => 0;

  constructor(private readonly clock: Clock) {}

  running(name: string): Container | undefined {
    return [...this.entries.values()].find((e) => e.spec.name === name && e.container.state === 'running')?.container;
  }

  /** A container's program ends. */
  end(id: string, exitCode: number, oomKilled = false): void {
    const entry = this.must(id);
    entry.container.state = 'exited';
    entry.container.exit = { exitCode, finishedAt: this.clock.now(), oomKilled };
    entry.exited.resolve(entry.container.exit);
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
    const { id, sandboxId, name, labels, logPath } = spec;
    const container: Container = {
      id,
      sandboxId,
      name,
      labels,
      logPath,
      imageId: spec.image.id,
      state: 'created',
      createdAt: this.clock.now(),
    };
    this.entries.set(id, { spec, container, exited: Promise.withResolvers<ContainerExit>() });
  }

  async start(id: string): Promise<{ pid: number; startedAt: Date }> {
    const { container } = this.must(id);
    this.calls.push(`start ${container.name}`);
    container.state = 'running';
    container.startedAt = this.clock.now();
    return { pid: 1, startedAt: container.startedAt };
  }

  async kill(id: string, signal: string): Promise<void> {
    const { container } = this.must(id);
    this.calls.push(`kill ${container.name} ${signal}`);
    this.onSignal(id, signal);
  }

  async remove(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (entry) this.calls.push(`remove ${entry.spec.name}`);
    this.entries.delete(id);
  }

  async list(): Promise<Container[]> {
    return [...this.entries.values()].map((e) => e.container);
  }

  async get(id: string): Promise<Container | undefined> {
    return this.entries.get(id)?.container;
  }

  wait(id: string): Promise<ContainerExit> {
    return this.must(id).exited.promise;
  }

  async exec(_id: string, process: ExecSpec, _io: ExecIo): Promise<{ exitCode: number }> {
    this.calls.push(`exec ${process.args.join(' ')}`);
    return { exitCode: this.onExec(process) };
  }

  async pause(): Promise<void> {
    this.calls.push('pause');
  }
  async unpause(): Promise<void> {
    this.calls.push('unpause');
  }
  async attach(): Promise<void> {
    this.calls.push('attach');
  }
  async update(id: string, { cpuShares }: Resources): Promise<void> {
    this.calls.push(`update ${this.must(id).container.name} ${cpuShares}`);
  }
  async updateSandbox(_id: string, { cpuShares }: Resources): Promise<void> {
    this.calls.push(`updateSandbox ${cpuShares}`);
  }
  async reopenLog(): Promise<void> {
    this.calls.push('reopenLog');
  }
  async stats(): Promise<ContainerStats> {
    return { cpuUsageNs: 0, memoryUsageBytes: 0, memoryWorkingSetBytes: 0, memoryRssBytes: 0, pids: 0, oomEvents: 0 };
  }
  cgroupStats(): Promise<ContainerStats> {
    return this.stats();
  }
  async writableBytes(): Promise<number> {
    return 0;
  }
  socketInSandbox(): number {
    throw new RuntimeError('not-running', 'there is no network in a fake');
  }

  private must(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new RuntimeError('container-not-found', `no container ${id}`);
    return entry;
  }
}
