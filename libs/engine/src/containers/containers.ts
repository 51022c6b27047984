import { KeyedLock } from '#base';
import type { ContainerExit } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { conflict, EngineError, notFound } from '../errors.ts';
import type { ContainerBook } from './container-book.ts';
import type { ContainersOptions } from './containers-options.ts';
import { Ending, notStopped, stopSignal } from './ending.ts';
import { Execs } from './execs.ts';
import { HealthMonitors } from './health-monitor.ts';
import { Live } from './live.ts';
import { logLimits } from './log-driver.ts';
import { LogRotation } from './log-rotation.ts';
import { inTurns } from './join.ts';
import { type ContainerRecord, NEVER } from './record.ts';
import { restartDelay, restarts, startsWithEngine } from './restart-policy.ts';
import { RunMaker } from './run-maker.ts';
import type { ContainerFiles } from './runtime-spec.ts';
import { signalName } from './signals.ts';
import { failureOf } from './start-failure.ts';

/** How long a slow reader of its output may keep a container that removes itself. */
const READERS_MS = 10_000;

/** The lives of the engine's containers: what starts, ends, and is started again. One thing at a time for each. */
export class Containers {
  readonly book: ContainerBook;
  readonly execs: Execs;
  readonly health: HealthMonitors;
  private readonly rotation: LogRotation;
  private readonly ending: Ending;
  private readonly lives = new Map<string, Live>();
  private readonly lock = new KeyedLock();
  readonly maker: RunMaker;
  /** Nothing is started again any more. */
  private isEnding = false;
  private readonly over = new AbortController();

  private constructor(readonly options: ContainersOptions) {
    this.book = options.book;
    this.maker = new RunMaker(options);
    const { runtime, random, clock, logger } = options;
    const emit = this.emit.bind(this);
    const host = { runtime, emit, demandRunning: this.demandRunning.bind(this), status: this.status.bind(this) };
    this.execs = new Execs(host, random);
    this.rotation = new LogRotation({ clock, logger, reopen: (id) => runtime.reopenLog(id) });
    this.health = new HealthMonitors({ execs: this.execs, clock, logger, emit });
    this.ending = new Ending(options, emit);
  }

  /** Adopts what runs, notes down what ended meanwhile, and starts what its policy wants running. */
  static async open(options: ContainersOptions): Promise<Containers> {
    const containers = new Containers(options);
    const sandboxes = new Map((await options.runtime.listSandboxes()).map(({ id, netnsPath }) => [id, netnsPath]));
    const records = options.book.list();
    const waiting = await Promise.all(records.map((record) => containers.reconcile(record, sandboxes.get(record.id))));
    await containers.maker.sweep(options.book);
    // Before the first is started: what those that run have is taken.
    await options.networks.settle((id) => options.book.has(id));
    for (const turn of inTurns(records.filter((_, i) => waiting[i]))) {
      await Promise.all(turn.map((record) => containers.startAgain(record)));
    }
    return containers;
  }

  /** Containers run on. */
  close(): void {
    this.over.abort();
    this.startNoMore();
  }

  private startNoMore(): void {
    this.isEnding = true;
    for (const live of this.lives.values()) live.cancelRestart();
    this.health.close();
    this.rotation.close();
  }

  /**
   * Ends what runs, as the machine's going down would: who was not told to stop is started with the next engine, as its policy says.
   * Resolves when all have ended; what does not by itself is killed after `seconds`.
   */
  async shutDown(seconds: number): Promise<void> {
    this.startNoMore();
    const running = this.book.list().filter((record) => this.isRunning(record));
    await Promise.all(running.map((record) => this.ending.end(record, this.live(record.id), stopSignal(record), seconds)));
  }

  files(id: string): ContainerFiles {
    return this.maker.files(id);
  }

  live(id: string): Live {
    const known = this.lives.get(id);
    if (known) return known;
    const live = new Live();
    if (this.book.has(id)) this.lives.set(id, live);
    return live;
  }

  status(record: ContainerRecord): 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' {
    if (record.pod) return record.pod.phase;
    const { phase } = this.live(record.id);
    return phase === 'idle' ? (record.state.status === 'created' ? 'created' : 'exited') : phase;
  }

  isRunning(record: ContainerRecord): boolean {
    return ['running', 'paused'].includes(this.status(record));
  }

  pidOf({ id, pod }: ContainerRecord): number {
    return pod?.pid ?? this.live(id).pid;
  }

  logOf({ id, pod }: ContainerRecord): string {
    return pod?.logPath ?? this.files(id).log;
  }

  /** Resolves with the exit code when the present or next run ends. */
  nextExit({ id, pod }: ContainerRecord): Promise<number> {
    return pod ? this.options.runtime.wait(id).then(({ exitCode }) => exitCode) : this.live(id).nextExit();
  }

  /** Throws 409 for one that does not run. */
  demandRunning(record: ContainerRecord): void {
    if (!this.isRunning(record)) throw conflict(`Container ${record.id} is not running`);
  }

  /** Throws 304 when it runs already. */
  async start(record: ContainerRecord): Promise<void> {
    this.live(record.id).cancelRestart();
    await this.hold(record, async () => {
      const { phase } = this.live(record.id);
      if (phase === 'paused') throw conflict('cannot start a paused container, try unpause instead');
      if (phase === 'running') throw new EngineError(304, '');
      record.state.stopped = false;
      record.state.restartCount = 0;
      await this.run(record);
    });
  }

  /** Throws 304 when it does not run. Undefined `seconds`: what the container says, or ten. Negative: as long as it takes. */
  async stop(
    record: ContainerRecord,
    { seconds, signal }: { seconds?: number | undefined; signal?: string | undefined } = {},
  ): Promise<void> {
    const live = this.live(record.id);
    const name = stopSignal(record, signal);
    const wasWaiting = live.phase === 'restarting';
    await this.lock.run(record.id, async () => {
      if (!this.isRunning(record) && !wasWaiting) return;
      record.state.stopped = true;
      await this.book.write(record);
    });
    live.cancelRestart();
    if (wasWaiting) return;
    if (!this.isRunning(record)) throw new EngineError(304, '');
    await this.ending.end(record, live, name, seconds ?? record.config.StopTimeout ?? 10);
    this.emit(record, 'stop');
  }

  async restart(record: ContainerRecord, options: { seconds?: number | undefined; signal?: string | undefined }): Promise<void> {
    const live = this.live(record.id);
    live.cancelRestart();
    if (this.isRunning(record)) {
      await this.lock.run(record.id, async () => {
        record.state.stopped = true;
        await this.book.write(record);
      });
      const seconds = options.seconds ?? record.config.StopTimeout ?? 10;
      await this.ending.end(record, live, stopSignal(record, options.signal), seconds);
    }
    await this.start(record);
    this.emit(record, 'restart');
  }

  async kill(record: ContainerRecord, signal: string): Promise<void> {
    const name = signalName(signal || 'SIGKILL');
    if (!this.isRunning(record)) throw conflict(`Cannot kill container: ${record.name}: Container ${record.id} is not running`);
    const { settled } = this.live(record.id);
    // Whoever kills it wants it to stay dead; other signals may mean anything.
    if (name === 'SIGKILL' || name === record.config.StopSignal) record.state.stopped = true;
    await this.ending.signal(record, this.live(record.id), name);
    this.emit(record, 'kill', { signal: name });
    if (name === 'SIGKILL') await settled;
  }

  /** Throws 409 for one that runs, unless forced. `volumes`: its anonymous ones too. */
  async remove(record: ContainerRecord, { force = false, volumes = false } = {}): Promise<void> {
    const live = this.live(record.id);
    if (live.phase === 'removing') throw conflict(`removal of container ${record.name} is already in progress`);
    if (this.isRunning(record) || live.phase === 'restarting') {
      if (!force) throw conflict(notStopped(record, this.status(record)));
      record.state.stopped = true;
      live.cancelRestart();
      if (this.isRunning(record)) await this.ending.signal(record, live, 'SIGKILL');
      await live.settled;
    }
    await this.lock.run(record.id, () => this.discard(record, volumes));
  }

  async rename(record: ContainerRecord, name: string): Promise<void> {
    const before = record.name;
    await this.lock.run(record.id, () => this.book.rename(record, name));
    this.emit(record, 'rename', { oldName: `/${before}` });
  }

  /** Runs while nothing starts, ends or removes the container. Throws 404 for one that is gone. */
  hold<T>(record: ContainerRecord, task: () => Promise<T>): Promise<T> {
    return this.lock.run(record.id, async () => {
      this.demandThere(record);
      return task();
    });
  }

  /** Volumes that its first start would fill from the image. */
  fillVolumes(record: ContainerRecord, image: Image): Promise<void> {
    return this.maker.fillVolumes(record, image);
  }

  emit(record: ContainerRecord, action: string, more: Record<string, string> = {}): void {
    this.options.events.emit('container', action, record.id, {
      ...record.config.Labels,
      image: record.config.Image,
      name: record.name,
      ...more,
    });
  }

  /** Once made and not told of: nothing was there before, and everything is afterwards. */
  async add(record: ContainerRecord): Promise<void> {
    await this.book.add(record);
    this.emit(record, 'create');
  }

  private demandThere(record: ContainerRecord): void {
    if (!this.book.has(record.id) || this.live(record.id).phase === 'removing') throw notFound(`No such container: ${record.id}`);
  }

  /** Under the lock. A failure leaves it as it was, with the reason in its state. */
  private async run(record: ContainerRecord): Promise<void> {
    const live = this.live(record.id);
    try {
      const started = await this.maker.run(record, live);
      Object.assign(live, { phase: 'running', pid: started.pid, startedMs: this.options.clock.monotonicMs() });
      Object.assign(record.state, {
        status: 'running',
        startedAt: started.startedAt.toISOString(),
        finishedAt: NEVER,
        exitCode: 0,
        error: '',
        oomKilled: false,
      });
      this.watch(record, live);
      this.health.begin(record);
      await this.book.write(record);
    } catch (err) {
      if (live.phase === 'running') throw err;
      live.phase = 'idle';
      live.netnsPath = undefined;
      await this.maker.putAway(record);
      const failure = failureOf(err);
      Object.assign(record.state, { error: failure.message, exitCode: failure.exitCode });
      await this.book.write(record);
      live.tellExit({ exitCode: failure.exitCode });
      if (record.hostConfig.AutoRemove) await this.discard(record, true);
      throw failure.error;
    }
    this.emit(record, 'start');
  }

  private watch(record: ContainerRecord, live: Live): void {
    this.rotation.begin(record.id, this.logOf(record), logLimits(record.hostConfig.LogConfig));
    live.settled = this.options.runtime
      .wait(record.id, this.over.signal)
      .then((exit) => this.lock.run(record.id, () => this.settle(record, live, exit)))
      .catch((err: unknown) => {
        if (this.over.signal.aborted) return; // the next engine will see it
        this.options.logger.error({ err, container: record.id }, 'the end of a container could not be noted down');
      });
  }

  /** Under the lock. */
  private async settle(record: ContainerRecord, live: Live, exit: ContainerExit): Promise<void> {
    live.phase = 'idle';
    live.pid = 0;
    this.health.end(record);
    this.rotation.end(record.id);
    Object.assign(record.state, {
      status: 'exited',
      exitCode: exit.exitCode,
      finishedAt: exit.finishedAt.toISOString(),
      oomKilled: exit.oomKilled,
    });
    await this.book.write(record);
    await this.maker.putAway(record);
    live.netnsPath = undefined;
    const ranMs = this.options.clock.monotonicMs() - live.startedMs;
    if (exit.oomKilled) this.emit(record, 'oom');
    this.emit(record, 'die', { exitCode: String(exit.exitCode), execDuration: String(Math.floor(ranMs / 1000)) });
    live.tellExit(exit);
    if (this.isEnding) return;
    if (record.hostConfig.AutoRemove) await this.removeItself(record, live);
    else if (restarts(record)) this.restartLater(record, live, ranMs);
  }

  private async removeItself(record: ContainerRecord, live: Live): Promise<void> {
    const patience = new AbortController();
    await Promise.race([Promise.allSettled(live.attached), this.options.clock.sleep(READERS_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    await this.discard(record, true);
  }

  private restartLater(record: ContainerRecord, live: Live, ranMs: number): void {
    live.restartDelayMs = restartDelay(live.restartDelayMs, ranMs);
    live.phase = 'restarting';
    const cancel = this.options.clock.after(live.restartDelayMs, () => void this.restartNow(record, live));
    live.cancelRestart = () => {
      cancel();
      if (live.phase === 'restarting') live.phase = 'idle';
    };
  }

  private async restartNow(record: ContainerRecord, live: Live): Promise<void> {
    await this.lock
      .run(record.id, async () => {
        if (live.phase !== 'restarting') return;
        live.phase = 'idle';
        record.state.restartCount++;
        await this.run(record);
      })
      .catch((err: unknown) => {
        this.options.logger.warn({ err, container: record.id }, 'a container could not be started again');
        if (this.book.has(record.id) && restarts(record) && !this.isEnding) this.restartLater(record, live, 0);
      });
  }

  /** Under the lock. */
  private async discard(record: ContainerRecord, volumes: boolean): Promise<void> {
    if (!this.book.has(record.id)) return;
    const live = this.live(record.id);
    live.phase = 'removing';
    await this.maker.discard(record);
    const others = new Set(this.book.list().flatMap(({ id, mounts }) => (id === record.id ? [] : mounts.map(({ Name }) => Name))));
    const anonymous = volumes ? record.mounts.filter(({ anonymous: own, Name }) => own && Name !== undefined && !others.has(Name)) : [];
    // Before its record: who is killed between the two removes it again, and leaves no volume that is nobody's.
    for (const { Name } of anonymous) if (this.options.volumes.has(Name!)) await this.options.volumes.remove(Name!);
    await this.book.delete(record);
    this.emit(record, 'destroy');
    live.tellRemoved(record.state.exitCode);
    this.lives.delete(record.id);
  }

  /** Answers whether it is to be started. */
  private async reconcile(record: ContainerRecord, netnsPath: string | undefined): Promise<boolean> {
    const { runtime, networks } = this.options;
    const live = this.live(record.id);
    const found = await runtime.get(record.id);
    const wasRunning = record.state.status === 'running';
    if (found && found.state !== 'created' && found.startedAt) {
      Object.assign(record.state, { status: 'running', startedAt: found.startedAt.toISOString() });
      Object.assign(live, {
        phase: found.state === 'paused' ? 'paused' : 'running',
        netnsPath,
        pid: found.pid ?? 0,
        startedMs: this.options.clock.monotonicMs(),
      });
      await networks.adopt(record);
      this.watch(record, live);
      if (live.phase === 'running') this.health.goOn(record);
      return false;
    }
    await this.maker.putAway(record);
    if (wasRunning) {
      // The machine went down with it.
      Object.assign(record.state, { status: 'exited', exitCode: 255, finishedAt: this.options.clock.now().toISOString() });
      await this.book.write(record);
    }
    if (record.hostConfig.AutoRemove && record.state.status === 'exited') {
      await this.discard(record, true);
      return false;
    }
    return startsWithEngine(record, wasRunning);
  }

  private async startAgain(record: ContainerRecord): Promise<void> {
    record.state.stopped = false;
    await this.lock
      .run(record.id, () => this.run(record))
      .catch((err: unknown) => this.options.logger.warn({ err, container: record.id }, 'a container could not be started with the engine'));
  }
}
