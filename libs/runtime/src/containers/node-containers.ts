import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, KeyedLock, removeTree } from '#base';
import type { Logger } from '#telemetry';
import { RuntimeError } from '../contract.ts';
import type {
  Container,
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerStats,
  ExecIo,
  ExecSpec,
  CgroupLimits,
  ContainerUsage,
  ContainerLimits,
  KernelSupport,
  TerminalSize,
  Sandbox,
  SandboxSpec,
} from '../containers.contract.ts';
import type { Snapshotter } from '../snapshots.contract.ts';
import type { DiskUsage } from '../volumes.contract.ts';
import {
  type Cgroups,
  cgroupUsage,
  detectCgroups,
  diskUsage,
  kernelSupport,
  killProcess,
  networkUsage,
  type SealedProgram,
  tcpSocketIn,
} from '../host/index.ts';
import {
  applySteps,
  type ContainerContext,
  containerSteps,
  hasNamespaces,
  revertSteps,
  type SandboxContext,
  sandboxSteps,
} from '../steps/index.ts';
import { attachTo } from './attach.ts';
import { livingConmon, runningConmon } from './conmon.ts';
import { ContainerRecord } from './container-record.ts';
import { containerContext, noSandbox } from './contexts.ts';
import { processUser } from './container-user.ts';
import { Crun, sealed } from './crun.ts';
import { Executor } from './exec.ts';
import { ExitWatch, readKnownExit } from './exit-watch.ts';
import { numbersOf, readHostFacts } from './host-facts.ts';
import { ociResources } from './oci-resources.ts';
import type { HostFacts } from './oci-spec.ts';
import { NodePaths } from './node-paths.ts';
import { SeccompFilters } from './seccomp-filters.ts';
import { namesIn, readIfPresent, readState, writeState } from './state-file.ts';

export interface NodeContainersOptions {
  /** Everything of this node's containers lies below it (`NodePaths`). */
  rootDir: string;
  snapshotter: Snapshotter;
  clock: Clock;
  logger: Logger;
  /** Set where others run on this machine as well (the control plane, other nodes): all that is this node's own lies below. */
  ownDir?: string;
  crun?: string;
  conmon?: string;
}

/** `ContainerRuntime` through conmon and crun. */
export class NodeContainers implements ContainerRuntime {
  private readonly paths: NodePaths;
  private readonly program: SealedProgram | undefined;
  private readonly crun: Crun;
  private readonly filters: SeccompFilters;
  private readonly cgroups: Cgroups = detectCgroups();
  private readonly host: HostFacts;
  private readonly records = new Map<string, ContainerRecord>();
  private readonly sandboxes = new Map<string, SandboxSpec>();
  private readonly lock = new KeyedLock();
  private readonly executor: Executor;
  private exits!: ExitWatch;
  readonly support: KernelSupport;

  private constructor(private readonly options: NodeContainersOptions) {
    this.host = { ...readHostFacts(this.cgroups), ...(options.ownDir && { ownDir: options.ownDir }) };
    this.support = kernelSupport(this.cgroups.version, this.host.capabilities);
    this.paths = new NodePaths(options.rootDir);
    const crun = options.crun ?? '/usr/bin/crun';
    this.program = sealed(crun, options.logger);
    this.crun = new Crun(this.program?.path ?? crun, this.paths.crun);
    this.filters = new SeccompFilters(this.paths.crun);
    this.executor = new Executor(this.crun, options.clock, this.host.capabilities);
  }

  /** Adopts what runs, and removes what a killed process left half made. */
  static async open(options: NodeContainersOptions): Promise<NodeContainers> {
    const runtime = new NodeContainers(options);
    const { sandboxes, containers, exits, crun } = runtime.paths;
    for (const dir of [sandboxes, containers, exits, crun]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    runtime.exits = new ExitWatch(
      exits,
      () => options.clock.now(),
      (err) => options.logger.error({ err }, 'cannot settle the end of a container'),
    );
    await runtime.adopt();
    return runtime;
  }

  /** Stops watching; containers run on. */
  async close(): Promise<void> {
    await this.exits.close();
    this.program?.close();
  }

  createSandbox(spec: SandboxSpec): Promise<Sandbox> {
    return this.lock.run(spec.id, async () => {
      const paths = this.paths.sandbox(spec.id);
      mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
      writeState(paths.state, spec);
      await applySteps(sandboxSteps, this.sandboxContext(spec));
      this.sandboxes.set(spec.id, spec);
      return this.sandboxOf(spec);
    });
  }

  removeSandbox(id: string): Promise<void> {
    return this.lock.run(id, async () => {
      const paths = this.paths.sandbox(id);
      const spec = this.sandboxes.get(id) ?? readState<SandboxSpec>(paths.state);
      if (spec) await revertSteps(sandboxSteps, this.sandboxContext(spec));
      await removeTree(paths.dir);
      this.sandboxes.delete(id);
    });
  }

  async listSandboxes(): Promise<Sandbox[]> {
    return [...this.sandboxes.values()].map((spec) => this.sandboxOf(spec));
  }

  create(spec: ContainerSpec): Promise<void> {
    return this.lock.run(spec.id, async () => {
      if (this.records.has(spec.id)) return;
      const sandbox = this.sandboxes.get(spec.sandboxId);
      if (!sandbox) throw noSandbox(spec.sandboxId);
      const record = new ContainerRecord(spec, sandbox.cgroupPath, this.options.clock.now(), this.paths.bundle(spec.id));
      mkdirSync(record.bundle.dir, { recursive: true, mode: 0o700 });
      writeState(record.bundle.state, record.saved());
      try {
        const context = this.containerContext(record, sandbox);
        await applySteps(containerSteps, context);
        record.user = context.user && processUser(context.user);
      } catch (err) {
        await this.discard(record);
        throw err;
      }
      this.records.set(spec.id, record);
      this.watchExit(record, livingConmon(spec.id, record.bundle));
    });
  }

  start(id: string): Promise<{ pid: number; startedAt: Date }> {
    return this.lock.run(id, async () => {
      const record = this.must(id);
      if (record.exit) throw new RuntimeError('start-failed', `container ${id} has ended`);
      if (!record.startedAt) {
        await this.crun.start(id);
        record.startedAt = this.options.clock.now();
        writeState(record.bundle.started, { startedAt: record.startedAt });
      }
      return { pid: this.pidOf(record), startedAt: record.startedAt };
    });
  }

  async kill(id: string, signal: string): Promise<void> {
    const record = this.must(id);
    if (record.exit) throw new RuntimeError('not-running', `container ${id} is not running`);
    const pid = this.pidOf(record);
    if (signal === 'SIGKILL' && record.paused) await this.unpause(id); // frozen tasks do not die (cgroup v1)
    try {
      process.kill(pid, /^\d+$/.test(signal) ? Number(signal) : signal);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err; // its end is about to be seen
    }
  }

  async pause(id: string): Promise<void> {
    const record = this.started(id);
    if (record.paused) return;
    await this.crun.pause(id);
    record.paused = true;
  }

  async unpause(id: string): Promise<void> {
    const record = this.started(id);
    if (!record.paused) return;
    await this.crun.resume(id);
    record.paused = false;
  }

  remove(id: string): Promise<void> {
    return this.lock.run(id, async () => {
      const record = this.records.get(id);
      if (!record) return;
      if (!record.exit) {
        await this.kill(id, 'SIGKILL');
        await record.exited;
      }
      await this.discard(record);
      this.records.delete(id);
    });
  }

  removeLayer(id: string): Promise<void> {
    return this.lock.run(id, async () => {
      if (this.records.has(id)) throw new RuntimeError('still-here', `container ${id} is still here`);
      await this.options.snapshotter.remove(id);
    });
  }

  async list(): Promise<Container[]> {
    return [...this.records.values()].map((record) => record.view());
  }

  async get(id: string): Promise<Container | undefined> {
    return this.records.get(id)?.view();
  }

  async specOf(id: string): Promise<ContainerSpec | undefined> {
    return this.records.get(id)?.spec;
  }

  async wait(id: string, signal?: AbortSignal): Promise<ContainerExit> {
    return this.must(id).end(signal);
  }

  async exec(id: string, process: ExecSpec, io: ExecIo): Promise<{ exitCode: number }> {
    const record = this.started(id);
    return this.executor.run(record, process, io);
  }

  async attach(id: string, io: ExecIo, from?: number): Promise<void> {
    const record = this.must(id);
    if (record.exit && from === undefined) throw new RuntimeError('not-running', `container ${id} is not running`);
    await attachTo(record, io, { clock: this.options.clock, from });
  }

  async resize(id: string, { columns, rows }: TerminalSize): Promise<void> {
    const record = this.started(id);
    if (record.spec.tty) await record.control(`1 ${rows} ${columns}\n`);
  }

  async update(id: string, resources: ContainerLimits): Promise<void> {
    const { bundle, exit } = this.must(id);
    if (exit) return;
    const file = join(bundle.dir, 'update.json');
    writeState(file, ociResources(resources, numbersOf));
    await this.crun.update(id, file);
  }

  updateSandbox(id: string, resources: CgroupLimits): Promise<void> {
    return this.lock.run(id, async () => {
      const spec = this.sandboxes.get(id);
      if (spec) await this.cgroups.make(spec.cgroupPath, resources);
    });
  }

  async stats(id: string): Promise<ContainerStats> {
    return this.cgroups.figures(this.must(id).cgroupPath);
  }

  async usage(id: string): Promise<ContainerUsage> {
    const record = this.must(id);
    const { pid } = record.view();
    const [figures, networks] = await Promise.all([
      cgroupUsage(this.cgroups.version, record.cgroupPath),
      pid === undefined ? [] : networkUsage(pid),
    ]);
    return { ...figures, networks };
  }

  async processes(id: string): Promise<number[]> {
    return this.cgroups.processes(this.must(id).cgroupPath);
  }

  async writableUsage(id: string): Promise<DiskUsage> {
    const record = this.records.get(id);
    if (!record) return this.options.snapshotter.usage(id); // of one that keeps its layer
    const [layer, volumes] = await Promise.all([this.options.snapshotter.usage(id), diskUsage(record.bundle.volumes)]);
    return { bytes: layer.bytes + volumes.bytes, inodes: layer.inodes + volumes.inodes };
  }

  limitCgroup(cgroupPath: string, limits: CgroupLimits): Promise<void> {
    return this.cgroups.make(cgroupPath, limits);
  }

  cgroupStats(cgroupPath: string): Promise<ContainerStats> {
    return this.cgroups.figures(cgroupPath);
  }

  socketInSandbox(id: string): number {
    if (!this.sandboxes.has(id)) throw noSandbox(id);
    return tcpSocketIn(this.paths.sandbox(id).net);
  }

  async reopenLog(id: string): Promise<void> {
    await this.started(id).control('2 0 0\n');
  }

  /** A sandbox that lost its namespaces is not adopted; its files stay, so that it can be removed or made anew. */
  private async adopt(): Promise<void> {
    for (const id of await namesIn(this.paths.sandboxes)) {
      const spec = readState<SandboxSpec>(this.paths.sandbox(id).state);
      if (spec && hasNamespaces(this.sandboxContext(spec))) this.sandboxes.set(id, spec);
      else if (!spec) await removeTree(this.paths.sandbox(id).dir); // its first step had not begun
    }
    await Promise.all((await namesIn(this.paths.containers)).map((id) => this.adoptContainer(id)));
  }

  private async adoptContainer(id: string): Promise<void> {
    const bundle = this.paths.bundle(id);
    const record = ContainerRecord.load(bundle);
    if (!record) return removeTree(bundle.dir);
    const known = readKnownExit(bundle);
    if (known) {
      record.settle(known);
      this.records.set(id, record);
      return;
    }
    const conmon = livingConmon(id, bundle) ?? runningConmon(id);
    const monitored = conmon !== undefined || readIfPresent(bundle.exitCode) !== undefined;
    // Neither monitor nor exit code, never started: a create that was cut short.
    if (!monitored && !record.startedAt) return this.discard(record);
    this.records.set(id, record);
    this.watchExit(record, conmon);
  }

  private watchExit(record: ContainerRecord, conmonPid: number | undefined): void {
    const entry = {
      id: record.spec.id,
      bundle: record.bundle,
      oomKilled: () => this.wasOomKilled(record),
      ended: (exit: ContainerExit) => record.settle(exit),
      abandoned: () => this.killGroup(record),
    };
    this.exits.watch(entry, conmonPid);
  }

  private async wasOomKilled(record: ContainerRecord): Promise<boolean> {
    if (readIfPresent(record.bundle.oom) !== undefined) return true;
    return (await this.cgroups.figures(record.cgroupPath)).oomEvents > 0;
  }

  private async killGroup(record: ContainerRecord): Promise<void> {
    for (const pid of await this.cgroups.processes(record.cgroupPath)) killProcess(pid);
  }

  private async discard(record: ContainerRecord): Promise<void> {
    this.exits.forget(record.spec.id);
    await this.killGroup(record);
    await revertSteps(containerSteps, this.containerContext(record, this.sandboxes.get(record.spec.sandboxId)));
    await this.cgroups.remove(record.cgroupPath);
    await removeTree(record.bundle.dir);
  }

  private pidOf(record: ContainerRecord): number {
    const pid = Number(readIfPresent(record.bundle.pidFile));
    if (!pid) throw new RuntimeError('not-running', `container ${record.spec.id} has no process`);
    return pid;
  }

  private must(id: string): ContainerRecord {
    const record = this.records.get(id);
    if (!record) throw new RuntimeError('container-not-found', `no container ${id}`);
    return record;
  }

  /** It runs or is paused. */
  private started(id: string): ContainerRecord {
    const record = this.must(id);
    if (record.exit || !record.startedAt) throw new RuntimeError('not-running', `container ${id} is not running`);
    return record;
  }

  private sandboxOf(spec: SandboxSpec): Sandbox {
    return { id: spec.id, labels: spec.labels, netnsPath: spec.hostNetwork ? undefined : this.paths.sandbox(spec.id).net };
  }

  private sandboxContext(spec: SandboxSpec): SandboxContext {
    return { spec, paths: this.paths.sandbox(spec.id), cgroups: this.cgroups };
  }

  private containerContext(record: ContainerRecord, sandbox?: SandboxSpec): ContainerContext {
    const { snapshotter, conmon = '/usr/bin/conmon' } = this.options;
    const { crun, paths, filters, host } = this;
    return containerContext({ crun, paths, filters, host, snapshotter, conmon }, record, sandbox);
  }
}
