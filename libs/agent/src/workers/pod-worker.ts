import { ApiError } from '#api';
import type { Pod, PodStatus } from '#api/types';
import { remove as removeFromApi, resources } from '#client';
import type { Container as RuntimeContainer } from '#runtime/containers.contract';
import { isTerminal, podIpsOf } from '#objects';
import type { AgentContext } from '../context.ts';
import { type ContainerEntry, entriesOf, fieldPathOf, graceSeconds, isRunning, type PodView, startOver } from '../observed.ts';
import { PodPaths } from '../pod-paths.ts';
import { type PodAction, planPod } from '../pod-plan.ts';
import { podStatus } from '../pod-status.ts';
import { adoptedEntries, formerFailure } from '../pod-steps/adopt.ts';
import { PrepareError } from '../pod-steps/errors.ts';
import { PodImages } from '../pod-steps/images.ts';
import { prepareSandbox, removeSandbox } from '../pod-steps/sandbox.ts';
import { stopContainers } from '../pod-steps/stop-containers.ts';
import { PodObjects } from '../volumes/pod-objects.ts';
import { PodVolumes, volumesDiffer } from '../volumes/pod-volumes.ts';
import { ContainerWorker } from './container-worker.ts';
import { PodResize } from './pod-resize.ts';

export interface AdoptedPod {
  containers: readonly RuntimeContainer[];
  sandboxIps: readonly string[] | undefined;
}

export interface PodNode {
  /** Everything of the pod is gone from this node. */
  done: (worker: PodWorker) => void;
  /** Why the node cannot give a running pod what it asks for now. */
  refuseResize: (pod: Pod) => PodView['resize'];
}

type PodEvent = { type: 'Normal' | 'Warning'; reason: string; message: string };

/** Restarted this soon after a change that came while it was at work; a pod that cannot be prepared is tried again after this. */
const RETRY_MS = 2_000;
const RETRY_MAX_MS = 60_000;

/**
 * Runs one pod from its arrival to its end. Woken by what happens (the pod's object, containers' ends, probes, timers), it plans and acts;
 * long acts (pulls, starts, hooks) run beside it and wake it when they are done. Nothing is asked for in intervals.
 */
export class PodWorker {
  readonly uid: string;
  readonly paths: PodPaths;
  private readonly entries: ContainerEntry[];
  private readonly containers = new Map<string, ContainerWorker>();
  readonly objects: PodObjects;
  private readonly volumes: PodVolumes;
  private readonly images: PodImages;
  private readonly resize: PodResize;
  /** Aborts starts that are under way when the pod is to go. */
  private readonly starting = new AbortController();
  private readonly hurry = new AbortController();
  private sandboxReady = false;
  private preparing = false;
  /** Work on sandbox and volumes that is under way. */
  private preparation: Promise<void> = Promise.resolve();
  private lastStatus: PodStatus | undefined;
  private prepareFailures = 0;
  private retryPrepareAtMs = 0;
  private podIps: readonly string[];
  private stopped = false;
  private failure: PodView['failure'];
  private termination: Promise<void> | undefined;
  private cancelTimer: () => void = () => undefined;
  private cancelRenewal: () => void = () => undefined;
  private scheduled = false;
  private running = false;
  private readonly firstSeenMs: number;

  constructor(
    readonly context: AgentContext,
    private pod: Pod,
    adopted: AdoptedPod | undefined,
    private readonly node: PodNode,
  ) {
    this.uid = pod.metadata.uid ?? '';
    this.paths = new PodPaths(context.rootDir, this.uid);
    this.firstSeenMs = context.clock.monotonicMs();
    this.objects = new PodObjects(context.watches, pod.metadata.namespace ?? '', () => this.objectsChanged());
    this.volumes = new PodVolumes(this.paths, {
      ...context,
      objects: this.objects,
      facts: () => ({ podIps: this.podIps, hostIps: context.nodeIps, nodeAllocatable: context.nodeAllocatable }),
    });
    this.images = new PodImages(context, this.objects, (container, event) => this.event(event, container));
    this.entries = adoptedEntries(pod, adopted?.containers ?? []);
    this.resize = new PodResize(context, node.refuseResize, () => this.wake());
    this.podIps = adopted?.sandboxIps ?? podIpsOf(pod.status);
    this.stopped = isTerminal(pod);
    if (this.stopped) this.failure = formerFailure(pod);
    if (!adopted?.sandboxIps && !this.stopped && !pod.metadata.deletionTimestamp) this.sandboxLost();
    for (const entry of this.entries) this.addContainer(entry, adopted?.containers);
    if (adopted?.sandboxIps && adopted.containers.length > 0 && !this.stopped) {
      this.sandboxReady = true;
      this.preparation = this.refreshVolumes();
    }
  }

  get currentPod(): Pod {
    return this.pod;
  }

  get runningContainers(): number {
    return this.entries.filter(isRunning).length;
  }

  entry(name: string): ContainerEntry | undefined {
    return this.entries.find((e) => e.name === name);
  }

  /** The object has changed. */
  update(pod: Pod): void {
    const before = this.pod;
    const grace = graceSeconds(before);
    this.pod = pod;
    if (this.termination && graceSeconds(pod) < grace) this.hurry.abort();
    for (const entry of entriesOf(pod)) {
      const known = this.entry(entry.name);
      if (known) known.spec = entry.spec;
      else this.addContainer(this.entries[this.entries.push(entry) - 1]!, undefined);
    }
    if (volumesDiffer(before, pod)) this.objectsChanged();
    this.wake();
  }

  /** The node gives the pod up: admission, eviction. Its containers are ended and its phase is Failed. */
  fail(failure: NonNullable<PodView['failure']>, graceMs?: number): void {
    this.failure ??= failure;
    this.terminate(graceMs ?? graceSeconds(this.pod) * 1000);
  }

  /** The API has the pod no longer. */
  removed(): void {
    if (this.termination) this.hurry.abort();
    this.terminate(Math.min(graceSeconds(this.pod), this.pod.metadata.deletionTimestamp ? Infinity : 30) * 1000);
    void this.termination?.then(() => this.cleanUp());
  }

  wake(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.turn();
    });
  }

  /** Stops watching, for good; containers run on. */
  detach(): void {
    this.scheduled = true;
    this.cancelTimer();
    this.cancelRenewal();
    for (const container of this.containers.values()) container.detach();
    this.objects.release();
  }

  view(): PodView {
    return {
      pod: this.pod,
      entries: this.entries,
      sandboxReady: this.sandboxReady,
      podIps: this.podIps,
      terminating: this.termination !== undefined,
      stopped: this.stopped,
      ...(this.failure && { failure: this.failure }),
      ...(this.resize.state && { resize: this.resize.state }),
    };
  }

  status(): PodStatus {
    const { clock, nodeIps: hostIps } = this.context;
    this.lastStatus = podStatus(this.view(), { hostIps, now: clock.now(), previous: this.lastStatus ?? this.pod.status });
    return this.lastStatus;
  }

  event(event: PodEvent, container?: string): void {
    this.context.events.event(this.pod, { ...event, ...(container && { fieldPath: fieldPathOf(this.pod, container) }) });
  }

  /** Its containers ran in a sandbox that is no more. As the kubelet does, all is made anew unless the pod is never to be restarted. */
  private sandboxLost(): void {
    const former = this.entries.filter((entry) => entry.current);
    if (former.length === 0) return;
    if (this.pod.spec.restartPolicy !== 'Never') for (const entry of former) entry.ofFormerSandbox = true;
    this.event({ type: 'Normal', reason: 'SandboxChanged', message: 'Pod sandbox changed, it will be killed and re-created.' });
  }

  private addContainer(entry: ContainerEntry, adopted: readonly RuntimeContainer[] | undefined): void {
    const worker = new ContainerWorker({
      context: this.context,
      entry,
      pod: () => this.pod,
      podIps: () => this.podIps,
      paths: this.paths,
      images: this.images,
      objects: this.objects,
      volumes: this.volumes,
      signal: this.starting.signal,
      event: (event) => this.event(event, entry.name),
      changed: () => this.wake(),
    });
    this.containers.set(entry.name, worker);
    const mine = adopted?.find((c) => c.id === entry.current?.id);
    if (mine) worker.adopt(mine);
  }

  private turn(): void {
    if (this.pod.metadata.deletionTimestamp) {
      this.terminate(graceSeconds(this.pod) * 1000);
      void this.termination?.then(() => this.finishDeletion());
    }
    const nowMs = this.context.clock.now().getTime();
    for (const name of this.resize.turn(this.view())) this.containers.get(name)?.restart(`Container ${name} resize requires restart`);
    const plan = planPod(this.view(), nowMs);
    for (const action of plan.actions) this.act(action, nowMs);
    this.cancelTimer();
    const wakeAt = Math.min(
      plan.wakeAtMs ?? Infinity,
      this.sandboxReady || this.preparing || this.termination ? Infinity : this.retryPrepareAtMs || Infinity,
    );
    if (wakeAt < Infinity && !this.stopped) this.cancelTimer = this.context.clock.after(Math.max(1, wakeAt - nowMs), () => this.wake());
    this.report();
  }

  private act(action: PodAction, nowMs: number): void {
    switch (action.do) {
      case 'prepare':
        if (!this.preparing && nowMs >= this.retryPrepareAtMs) this.preparation = this.prepare();
        return;
      case 'start':
        this.containers.get(action.container)?.start();
        return;
      case 'kill':
        this.containers.get(action.container)?.restart(action.why);
        return;
      case 'restartAll':
        startOver(this.entries, (name) => this.containers.get(name)?.restart(action.why));
        this.wake();
        return;
      case 'finish':
        this.terminate(graceSeconds(this.pod) * 1000);
        return;
      case 'fail':
        this.event({ type: 'Normal', reason: action.reason, message: action.message });
        this.fail({ reason: action.reason, message: action.message });
    }
  }

  private async prepare(): Promise<void> {
    this.preparing = true;
    try {
      const [ips] = await Promise.all([prepareSandbox(this.context, this.pod, this.paths), this.volumes.setUp(this.pod)]);
      this.podIps = ips;
      this.sandboxReady = true;
      this.prepareFailures = 0;
      this.context.metrics.podsStarted.inc();
      this.renewLater();
    } catch (err) {
      if (!(err instanceof PrepareError)) throw err;
      this.context.logger.warn(
        { err, namespace: this.pod.metadata.namespace, name: this.pod.metadata.name },
        'a pod could not be prepared',
      );
      this.event({ type: 'Warning', reason: err.reason, message: err.message });
      this.retryPrepareAtMs =
        this.context.clock.now().getTime() + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** Math.min(this.prepareFailures++, 8));
    } finally {
      this.preparing = false;
      this.wake();
    }
  }

  /** A ConfigMap or Secret, or the pod's own labels: volumes follow, and a container that waited for it is tried again. */
  private objectsChanged(): void {
    if (this.termination || this.stopped) return;
    if (!this.sandboxReady) this.retryPrepareAtMs = 0;
    else this.preparation = this.preparation.then(() => this.refreshVolumes());
    for (const entry of this.entries) if (entry.waiting?.reason === 'CreateContainerConfigError') entry.retryAtMs = 0;
    this.wake();
  }

  private async refreshVolumes(): Promise<void> {
    try {
      await this.volumes.refresh(this.pod);
    } catch (err) {
      this.context.logger.warn({ err, namespace: this.pod.metadata.namespace, name: this.pod.metadata.name }, 'volumes stay as they were');
    }
    this.renewLater();
  }

  private renewLater(): void {
    this.cancelRenewal();
    const at = this.volumes.renewAtMs;
    if (at === undefined || this.termination) return;
    this.cancelRenewal = this.context.clock.after(
      Math.max(1000, at - this.context.clock.now().getTime()),
      () => void this.refreshVolumes(),
    );
  }

  private terminate(graceMs: number): void {
    if (this.termination) return;
    this.termination = this.retrying('stop', () => this.takeDown(graceMs));
    this.report();
  }

  private async takeDown(graceMs: number): Promise<void> {
    this.cancelTimer();
    this.cancelRenewal();
    for (const entry of this.entries)
      if (isRunning(entry)) this.event({ type: 'Normal', reason: 'Killing', message: `Stopping container ${entry.name}` }, entry.name);
    this.starting.abort(new Error('the pod is being terminated'));
    for (const container of this.containers.values()) container.probeReadinessOnly();
    if (this.entries.some((e) => isRunning(e)) && this.podIps.length > 0)
      await this.context.awaitUnrouted(this.pod, Math.min(2_000, graceMs / 2));
    await Promise.all([this.preparation, ...[...this.containers.values()].map((container) => container.settled())]);
    await stopContainers(this.context, this.entries, {
      pod: this.pod,
      podIp: this.podIps[0] ?? '',
      graceMs,
      hurry: this.hurry.signal,
      event: (container, event) => this.event(event, container),
    });
    await Promise.all([...this.containers.values()].map((container) => container.ended()));
    this.stopped = true;
    this.report();
    await this.release();
  }

  /** What a pod that has ended needs no longer: address, cgroup, namespaces, writable layers. Its logs and files stay until it is deleted. */
  private async release(): Promise<void> {
    await this.retrying('release', async () => {
      for (const { id, sandboxId } of await this.context.runtime.list()) if (sandboxId === this.uid) await this.context.runtime.remove(id);
      await removeSandbox(this.context, this.uid);
      this.sandboxReady = false;
    });
    this.objects.release();
    this.report();
  }

  /** The last word on a deleted pod: its final status, then its removal from the API, then nothing of it is left here. */
  private async finishDeletion(): Promise<void> {
    if (this.running) return;
    this.running = true;
    await this.retrying('delete', async () => {
      const { namespace = '', name = '', uid } = this.pod.metadata;
      await this.context.statuses.write(this.pod, this.status());
      await this.volumes.tearDown(this.pod);
      await removeFromApi(
        this.context.api,
        { resource: resources.pods, namespace, name },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
    });
    await this.cleanUp();
  }

  private async cleanUp(): Promise<void> {
    await this.retrying('clean up', () => this.volumes.tearDown(this.pod));
    this.context.tokens.forget(this.uid);
    this.context.statuses.forget(this.uid);
    this.detach();
    this.node.done(this);
  }

  private async retrying(what: string, task: () => Promise<void>): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await task();
      } catch (err) {
        if (err instanceof ApiError && err.code === 409) return; // another pod of that name: ours is gone
        this.context.logger.warn(
          { err, what, namespace: this.pod.metadata.namespace, name: this.pod.metadata.name },
          'a step at the end of a pod is tried again',
        );
        await this.context.clock.sleep(Math.min(10_000, 100 * 2 ** tries));
      }
    }
  }

  private report(): void {
    const status = this.status();
    if (status.phase === 'Running' && this.firstRun) {
      this.firstRun = false;
      this.context.metrics.podStartSeconds.observe((this.context.clock.monotonicMs() - this.firstSeenMs) / 1000);
    }
    void this.context.statuses.write(this.pod, status);
  }
  private firstRun = true;
}
