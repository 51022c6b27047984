import { timestamp } from '#api';
import type { Pod, Probe } from '#api/types';
import { systemReason } from '#base';
import type { Container as RuntimeContainer, ContainerExit } from '#runtime/containers.contract';
import type { AgentContext } from '../context.ts';
import { type ContainerEntry, isRunning } from '../observed.ts';
import { RestartBackoff, restarts } from '../pod-plan.ts';
import { execute } from '../pod-steps/execute.ts';
import { forgetOldAttempt, StartRefused, startContainer, type StartInput, type StartNode } from '../pod-steps/start-container.ts';
import { stopContainer } from '../pod-steps/stop-containers.ts';
import { terminatedState } from '../pod-steps/termination-message.ts';
import { WaitingError, type WaitingReason } from '../pod-steps/errors.ts';
import { check } from '../probes/check.ts';
import { ContainerProbes, type ProbeKind } from '../probes/container-probes.ts';
import type { CheckResult } from '../probes/result.ts';

export interface ContainerWorkerOptions extends Pick<StartInput, 'entry' | 'paths' | 'images' | 'objects' | 'volumes' | 'signal'> {
  context: StartNode & Pick<AgentContext, 'clock' | 'logs'>;
  pod: () => Pod;
  podIps: () => readonly string[];
  event: (event: { type: 'Normal' | 'Warning'; reason: string; message: string }) => void;
  changed: () => void;
}

/** One container of a pod through all its restarts. */
export class ContainerWorker {
  private readonly backoff = new RestartBackoff();
  private probes: ContainerProbes | undefined;
  private end: Promise<void> = Promise.resolve();
  private detached = false;

  constructor(private readonly options: ContainerWorkerOptions) {}

  private get entry(): ContainerEntry {
    return this.options.entry;
  }

  /** A container that a former agent started. */
  adopt(container: RuntimeContainer): void {
    if (this.entry.current?.terminated) return;
    // Created and never started: the former agent ended in between.
    if (!container.startedAt && !container.exit) {
      this.entry.current = undefined;
      return this.occupy(() => this.options.context.runtime.remove(container.id));
    }
    this.follow(container.id);
    // It ended while there was no agent: that is noted before anything is decided.
    if (container.exit) this.occupy(() => this.end);
    else this.beginProbes(container.startedAt ?? new Date(0), this.entry.ready);
  }

  start(): void {
    if (!this.entry.busy) this.occupy(() => this.run());
  }

  /** Ends the container as its probe or hook demands; the plan starts it anew. */
  restart(why: string): void {
    if (this.entry.busy) return;
    this.stopProbes();
    this.options.event({ type: 'Normal', reason: 'Killing', message: why });
    const { context, podIps } = this.options;
    const pod = this.options.pod();
    const graceMs = (this.entry.probeGraceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const stopping = {
      pod,
      podIp: podIps()[0] ?? '',
      graceMs,
      hurry: this.options.signal,
      event: (_name: string, event: Parameters<ContainerWorkerOptions['event']>[0]) => this.options.event(event),
    };
    this.occupy(async () => {
      try {
        await stopContainer(context, this.entry, stopping);
        await this.end;
      } finally {
        this.entry.unhealthy = undefined;
        this.entry.probeGraceSeconds = undefined;
      }
    });
  }

  stopProbes(): void {
    this.probes?.stop();
    this.probes = undefined;
  }

  /** The container is to end: it is not to be restarted any more, but until it has ended it may serve (KEP-1669). */
  probeReadinessOnly(): void {
    this.probes?.readinessOnly();
  }

  /** The end of the current container, if it had one, has been taken note of. */
  ended(): Promise<void> {
    return this.end;
  }

  detach(): void {
    this.detached = true;
    this.stopProbes();
  }

  /** Nothing else is begun for the container until this is over. */
  private occupy(task: () => Promise<void>): void {
    const { context, changed } = this.options;
    const { entry } = this;
    entry.busy = true;
    task()
      .catch((err: unknown) => context.logger.error({ err, container: entry.name }, 'something that was done for a container has failed'))
      .finally(() => {
        entry.busy = false;
        changed();
      });
  }

  private async run(): Promise<void> {
    const { context, event, paths, signal } = this.options;
    const { entry } = this;
    const before = entry.current;
    const attempt = before ? entry.restartCount + 1 : entry.restartCount;
    try {
      const started = await startContainer({
        ...this.options,
        pod: this.options.pod(),
        podIps: this.options.podIps(),
        attempt,
        event: (_name, e) => event(e),
      });
      const { id, image, startedAt, stopSignal, user } = started;
      this.replace(attempt, {
        id,
        attempt,
        imageRef: entry.spec.image ?? '',
        imageId: image.repoDigests[0] ?? image.id,
        startedAt,
        stopSignal,
        user,
      });
      this.follow(id);
      this.options.changed();
      if (before) await this.forget(before.id, attempt);
      if (await this.postStart(id)) this.beginProbes(startedAt, false);
    } catch (err) {
      if (signal.aborted) return;
      if (err instanceof WaitingError) this.wait(err.reason, err.message, err.retryMs);
      else if (err instanceof StartRefused) await this.refused(err, attempt);
      else {
        context.logger.error({ err, container: entry.name }, 'a container could not be started');
        this.wait('CreateContainerError', systemReason(err), 10_000);
      }
      if (before && entry.current !== before) await forgetOldAttempt(paths, entry.name, attempt);
    }
  }

  private replace(attempt: number, current: NonNullable<ContainerEntry['current']>): void {
    const { entry } = this;
    entry.lastTerminated = entry.current?.terminated ?? entry.lastTerminated;
    entry.restartCount = attempt;
    entry.current = current;
    entry.waiting = undefined;
    entry.unhealthy = undefined;
    entry.ofFormerSandbox = false;
    entry.startsOver = false;
    entry.ready = false;
    entry.started = false;
  }

  private async forget(id: string, attempt: number): Promise<void> {
    await this.options.context.runtime.remove(id);
    await forgetOldAttempt(this.options.paths, this.entry.name, attempt);
  }

  /** Ends like a container that ran: exit code 128, reason StartError (as containerd reports it). */
  private async refused(err: StartRefused, attempt: number): Promise<void> {
    const { context } = this.options;
    const finished = context.clock.now();
    const terminated = {
      exitCode: 128,
      reason: 'StartError',
      message: err.message,
      startedAt: '1970-01-01T00:00:00Z',
      finishedAt: timestamp(finished),
      containerID: `berth://${err.id}`,
    };
    this.replace(attempt, {
      id: err.id,
      attempt,
      imageRef: this.entry.spec.image ?? '',
      imageId: err.image.repoDigests[0] ?? err.image.id,
      terminated,
    });
    if (this.willRestart()) this.wait('RunContainerError', err.message, 0);
    this.backOff(finished, 0);
  }

  private wait(reason: WaitingReason, message: string, retryMs: number): void {
    this.entry.waiting = { reason, message };
    this.entry.retryAtMs = this.options.context.clock.now().getTime() + retryMs;
  }

  private follow(id: string): void {
    const { context } = this.options;
    this.end = context.runtime.wait(id).then(
      (exit) => this.exited(id, exit),
      (err: unknown) => context.logger.error({ err, id }, 'a container is not to be waited for'),
    );
  }

  private async exited(id: string, exit: ContainerExit): Promise<void> {
    const { entry } = this;
    const { current } = entry;
    if (this.detached || current?.id !== id || current.terminated) return;
    this.stopProbes();
    const terminated = await terminatedState(
      {
        id,
        startedAt: current.startedAt,
        exit,
        messagePath: this.options.paths.termination(entry.name, current.attempt),
        policy: entry.spec.terminationMessagePolicy,
        logPath: this.options.paths.log(entry.name, current.attempt),
      },
      this.options.context.logs,
    );
    current.terminated = terminated;
    entry.ready = false;
    entry.started = false;
    if (this.willRestart()) this.backOff(exit.finishedAt, exit.finishedAt.getTime() - (current.startedAt?.getTime() ?? 0));
    this.options.changed();
  }

  private willRestart(): boolean {
    if (this.options.signal.aborted) return false;
    const pod = this.options.pod();
    return restarts(pod, this.entry);
  }

  private backOff(finishedAt: Date, ranMs: number): void {
    const { entry } = this;
    const delayMs = this.backoff.next(ranMs);
    entry.retryAtMs = finishedAt.getTime() + delayMs;
    if (delayMs === 0) return;
    const { name, namespace, uid } = this.options.pod().metadata;
    const seconds = delayMs / 1000;
    const shown = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
    entry.waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${shown} restarting failed container=${entry.name} pod=${name}_${namespace}(${uid})`,
    };
    this.options.event({
      type: 'Warning',
      reason: 'BackOff',
      message: `Back-off restarting failed container ${entry.name} in pod ${name}_${namespace}(${uid})`,
    });
  }

  /** false: the hook failed, and the container with it. */
  private async postStart(id: string): Promise<boolean> {
    const hook = this.entry.spec.lifecycle?.postStart;
    if (!hook) return true;
    const result = await Promise.race([check(hook, { ...this.target(id, 600_000), hook: true }), this.end.then(() => undefined)]);
    if (!result) return false; // it has ended meanwhile
    if (result.ok) return true;
    this.options.event({ type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed' });
    this.entry.unhealthy = 'FailedPostStartHook';
    return false;
  }

  private beginProbes(startedAt: Date, ready: boolean): void {
    const { entry } = this;
    const { startupProbe, readinessProbe } = entry.spec;
    if (!isRunning(entry)) return;
    entry.started = !startupProbe || entry.started;
    entry.ready = readinessProbe || !entry.started ? ready : true;
    this.options.changed();
    if (entry.role === 'init' || entry.role === 'ephemeral') return;
    const { context } = this.options;
    const id = entry.current!.id;
    this.probes = new ContainerProbes({
      container: entry.started && startupProbe ? { ...entry.spec, startupProbe: undefined } : entry.spec,
      clock: context.clock,
      startedAt,
      check: (probe: Probe) => check(probe, this.target(id, (probe.timeoutSeconds ?? 1) * 1000)),
      checked: (kind, result) => this.checked(kind, result),
      changed: (kind, healthy) => this.probed(kind, healthy),
    });
    if (this.options.signal.aborted) this.probes.readinessOnly();
  }

  private checked(kind: ProbeKind, result: CheckResult): void {
    const { namespace = '', name: pod = '' } = this.options.pod().metadata;
    const labels = { probe_type: kind[0]!.toUpperCase() + kind.slice(1), container: this.entry.name, pod, namespace };
    const warn = (reason: string, message: string): void =>
      this.options.event({ type: 'Warning', reason, message: `${labels.probe_type} probe ${message}` });
    if (!result.ok && result.unknown) return warn('Unhealthy', `errored and resulted in unknown state: ${result.message}`);
    this.options.context.metrics.probes.inc({ ...labels, result: result.ok ? 'successful' : 'failed' });
    if (!result.ok) warn('Unhealthy', `failed: ${result.message}`);
    else if (result.warning) warn('ProbeWarning', `warning: ${result.warning}`);
  }

  private probed(kind: ProbeKind, healthy: boolean): void {
    const { entry } = this;
    if (kind === 'readiness') entry.ready = healthy;
    else if (kind === 'startup' && healthy) {
      entry.started = true;
      if (!entry.spec.readinessProbe) entry.ready = true;
    } else if (!healthy) {
      entry.probeGraceSeconds = entry.spec[kind === 'startup' ? 'startupProbe' : 'livenessProbe']?.terminationGracePeriodSeconds;
      const restarted = entry.role === 'sidecar' || this.options.pod().spec.restartPolicy !== 'Never';
      entry.unhealthy = `Container ${entry.name} failed ${kind} probe${restarted ? ', will be restarted' : ''}`;
    }
    this.options.changed();
  }

  private target(id: string, timeoutMs: number): Parameters<typeof check>[1] {
    const { context, podIps } = this.options;
    return {
      container: this.entry.spec,
      podIp: podIps()[0] ?? '',
      clock: context.clock,
      timeoutMs,
      exec: (args, signal) => execute(context.runtime, id, { args, signal }),
    };
  }
}
