import type { Pod, PodStatus } from '#api/types';
import { isTerminal, podIpsOf } from '#objects';
import type { Container as RuntimeContainer } from '#runtime/containers.contract';
import type { AgentContext } from '../context.ts';
import { type ContainerEntry, entriesOf, fieldPathOf, graceSeconds, isRunning, type PodEvent } from '../observed.ts';
import type { PodView } from '../pod-view.ts';
import { byStep, hasSaidAll, hasStopped, lifeAfter, lifeFound, type PodFailure, type PodLife, type PodStep } from '../pod-life.ts';
import { PodPaths } from '../pod-paths.ts';
import { planPod, retryAfterMs } from '../pod-plan.ts';
import { adoptedEntries, formerFailure } from '../pod-steps/adopt.ts';
import { PrepareError } from '../pod-steps/errors.ts';
import { executors, type PodWork } from '../pod-steps/executors.ts';
import { PodImages } from '../pod-steps/images.ts';
import { PodObjects } from '../volumes/pod-objects.ts';
import { PodVolumes, volumesDiffer } from '../volumes/pod-volumes.ts';
import type { VolumeNode } from '../volumes/volume-plugin.ts';
import { ContainerWorker, type ContainerWorkerOptions } from './container-worker.ts';
import { PodReporter } from './pod-reporter.ts';
import { PodResize } from './pod-resize.ts';

/** What a former agent left of a pod. */
export interface AdoptedPod {
  containers: readonly RuntimeContainer[];
  hasSandbox: boolean;
  /** undefined: there is no sandbox, or it has none. */
  sandboxIps: readonly string[] | undefined;
  /** Of a static pod that has ended. */
  finalStatus?: PodStatus | undefined;
}

/** What the parts of a pod's worker need of its node, and no more. */
export type PodContext = PodWork['context'] &
  ContainerWorkerOptions['context'] &
  Omit<VolumeNode, 'objects' | 'facts'> &
  Pick<AgentContext, 'events' | 'images' | 'watches'>;

export interface PodNode {
  /** Everything of the pod is gone from this node. */
  done: (worker: PodWorker) => void;
  /** Why the node cannot give a running pod what it asks for now. */
  refuseResize: (pod: Pod) => PodView['resize'];
  /** It runs this pod of itself: the API shows it at most. */
  isStatic?: boolean;
  /** Others make room for it first: nothing of it is done before. */
  room?: Promise<unknown> | undefined;
}

/**
 * Runs one pod from its arrival to its end. Woken by what happens (the pod's object, containers' ends, probes, timers), it plans and acts;
 * long acts (pulls, starts, hooks) run beside it and wake it when they are done. Nothing is asked for in intervals.
 */
export class PodWorker {
  readonly uid: string;
  readonly paths: PodPaths;
  /** What is seen of the pod; `view` adds what others keep. */
  private readonly seen: Omit<PodView, 'resize' | 'refreshAtMs'> & { entries: ContainerEntry[]; atWork: Set<PodStep['do']> };
  private readonly containers = new Map<string, ContainerWorker>();
  private readonly objects: PodObjects;
  private readonly volumes: PodVolumes;
  private readonly images: PodImages;
  private readonly work: PodWork;
  private readonly resize: PodResize;
  private readonly reporter: PodReporter;
  private readonly hurry = new AbortController();
  private readonly end = Promise.withResolvers<void>();
  /** Of the stage that the pod is in. */
  private failures = 0;
  private cancelTimer: () => void = () => undefined;
  /** A turn is about to come, or none will come any more. */
  private scheduled = false;
  private detached = false;

  constructor(
    private readonly context: PodContext,
    pod: Pod,
    adopted: AdoptedPod | undefined,
    private readonly node: PodNode,
  ) {
    this.uid = pod.metadata.uid ?? '';
    this.paths = new PodPaths(context.rootDir, this.uid);
    this.objects = new PodObjects(context.watches, pod.metadata.namespace ?? '', () => this.objectsChanged());
    const facts = () => ({ podIps: this.seen.podIps ?? [], hostIps: context.nodeIps, nodeAllocatable: context.nodeAllocatable });
    this.volumes = new PodVolumes(this.paths, { ...context, objects: this.objects, facts });
    this.images = new PodImages(context, this.objects, (container, event) => this.event(event, container));
    this.resize = new PodResize(context, node.refuseResize, () => this.wake());
    this.reporter = new PodReporter(context);
    this.seen = this.find(pod, adopted);
    if (hasStopped(this.seen.life)) this.end.resolve();
    if (node.room) this.awaitRoom(node.room);
    this.work = this.makeWork();
    const containers = adopted?.containers ?? [];
    for (const entry of this.seen.entries) {
      const mine = containers.find((c) => c.id === entry.current?.id);
      const worker = this.addContainer(entry);
      if (mine) worker.adopt(mine);
    }
  }

  /** Resolves when none of its containers runs, and none will. */
  get stopped(): Promise<void> {
    return this.end.promise;
  }

  get currentPod(): Pod {
    return this.seen.pod;
  }

  get runningContainers(): number {
    return this.seen.entries.filter(isRunning).length;
  }

  /** Of whichever role; names are unique in a pod. */
  entry(name: string): ContainerEntry | undefined {
    return this.seen.entries.find((e) => e.name === name);
  }

  /** The object has changed. */
  update(pod: Pod): void {
    const before = this.seen.pod;
    this.seen.pod = pod;
    if (this.seen.life.stage === 'terminating' && graceSeconds(pod) < graceSeconds(before)) this.hurry.abort();
    for (const entry of entriesOf(pod)) {
      const known = this.entry(entry.name);
      if (known) known.spec = entry.spec;
      else this.addContainer(this.seen.entries[this.seen.entries.push(entry) - 1]!);
    }
    if (volumesDiffer(before, pod)) this.objectsChanged();
    this.wake();
  }

  /** The node gives the pod up: admission, eviction. Its containers are ended and its phase is Failed. */
  fail(failure: PodFailure): void {
    this.seen.failure ??= failure;
    this.wake();
  }

  /** What the API shows of a static pod; each new mirror is told all. */
  mirroredBy(mirror: Pod | undefined): void {
    const before = this.seen.static?.mirror;
    this.seen.static = { mirror };
    if (mirror?.metadata.uid !== before?.metadata.uid) this.wake();
  }

  /** The API has the pod no longer. */
  removed(): void {
    this.seen.inApi = false;
    if (this.seen.life.stage === 'terminating') this.hurry.abort();
    this.wake();
  }

  /** Plans soon, and once for all that happens in this turn of the event loop. */
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
    this.detached = true;
    this.scheduled = true;
    this.cancelTimer();
    for (const container of this.containers.values()) container.detach();
    this.objects.release();
  }

  view(): PodView {
    return { ...this.seen, refreshAtMs: this.volumes.refreshAtMs, ...(this.resize.state && { resize: this.resize.state }) };
  }

  /** As it would be told now. */
  status(): PodStatus {
    return this.reporter.statusOf(this.view());
  }

  /** About the pod, or one of its containers. */
  event(event: PodEvent, container?: string): void {
    const { pod } = this.seen;
    this.context.events.event(pod, { ...event, ...(container && { fieldPath: fieldPathOf(pod, container) }) });
  }

  private awaitRoom(room: Promise<unknown>): void {
    this.scheduled = true;
    void room.then(() => {
      this.scheduled = this.detached;
      this.wake();
    });
  }

  private find(given: Pod, adopted: AdoptedPod | undefined): PodWorker['seen'] {
    const pod = adopted?.finalStatus ? { ...given, status: adopted.finalStatus } : given;
    const entries = adoptedEntries(pod, adopted?.containers ?? []);
    const { containers = [], hasSandbox: sandbox = false, sandboxIps } = adopted ?? {};
    const running = containers.filter(({ state }) => state === 'running').length;
    if (!sandboxIps && !isTerminal(pod) && !pod.metadata.deletionTimestamp) this.sandboxLost(pod, entries);
    return {
      pod,
      inApi: true,
      life: lifeFound(pod, { sandbox, addresses: sandboxIps !== undefined, containers: containers.length, running }),
      entries,
      podIps: sandboxIps ?? podIpsOf(pod.status),
      atWork: new Set(),
      ...(isTerminal(pod) && { failure: formerFailure(pod) }),
      ...(this.node.isStatic && { static: { mirror: undefined } }),
    };
  }

  /** Its containers ran in a sandbox that is no more. As the kubelet does, all is made anew unless the pod is never to be restarted. */
  private sandboxLost(pod: Pod, entries: readonly ContainerEntry[]): void {
    const former = entries.filter((entry) => entry.current);
    if (former.length === 0) return;
    if (pod.spec.restartPolicy !== 'Never') for (const entry of former) entry.ofFormerSandbox = true;
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    this.context.events.event(pod, { type: 'Normal', reason: 'SandboxChanged', message });
  }

  private makeWork(): PodWork {
    return {
      context: this.context,
      paths: this.paths,
      volumes: this.volumes,
      objects: this.objects,
      containers: this.containers,
      starting: new AbortController(),
      hurry: this.hurry.signal,
      view: () => this.view(),
      status: () => this.status(),
      note: (seen) => void Object.assign(this.seen, seen),
      event: (event, container) => this.event(event, container),
      done: () => {
        this.detach();
        this.node.done(this);
      },
    };
  }

  private addContainer(entry: ContainerEntry): ContainerWorker {
    const { context, paths, objects, volumes, images, work } = this;
    const options: ContainerWorkerOptions = {
      context,
      entry,
      pod: () => this.seen.pod,
      podIps: () => this.seen.podIps ?? [],
      paths,
      images,
      objects,
      volumes,
      signal: work.starting.signal,
      event: (event) => this.event(event, entry.name),
      changed: () => this.wake(),
    };
    const worker = new ContainerWorker(options);
    this.containers.set(entry.name, worker);
    return worker;
  }

  private turn(): void {
    const nowMs = this.context.clock.now().getTime();
    for (const name of this.resize.turn(this.view())) this.containers.get(name)?.restart(`Container ${name} resize requires restart`);
    const { steps, wakeAtMs } = planPod(this.view(), nowMs);
    for (const step of steps) this.carryOut(step);
    this.cancelTimer();
    if (wakeAtMs !== undefined) this.cancelTimer = this.context.clock.after(Math.max(1, wakeAtMs - nowMs), () => this.wake());
    const { inApi, life } = this.seen;
    if (inApi && !hasSaidAll(life)) this.reporter.report(this.view());
  }

  private carryOut(step: PodStep): void {
    const { stage } = this.seen.life;
    const working = byStep<PodWork, Promise<void> | void>(executors, this.work, step);
    if (!working) {
      this.done(step);
      if (!('container' in step)) this.wake(); // a container wakes the pod itself
      return;
    }
    this.seen.atWork.add(step.do);
    void working
      .then(
        () => this.done(step),
        (err: unknown) => this.failed(step, stage, err),
      )
      .finally(() => {
        this.seen.atWork.delete(step.do);
        this.wake();
      });
  }

  private done(step: PodStep): void {
    const life = lifeAfter(this.seen.life, step);
    if (life === this.seen.life) return;
    this.seen.life = life;
    if (hasStopped(life)) this.end.resolve();
    this.seen.retryAtMs = undefined;
    this.failures = 0;
  }

  private failed(step: PodStep, stage: PodLife['stage'], err: unknown): void {
    const { metadata } = this.seen.pod;
    this.context.logger.warn(
      { err, step: step.do, namespace: metadata.namespace, name: metadata.name },
      'a step in the life of a pod is to be tried again',
    );
    if (this.seen.life.stage !== stage) return; // what waits for now is something else
    const byTries = retryAfterMs(step, ++this.failures);
    const afterMs = err instanceof PrepareError ? (err.retryMs ?? byTries) : byTries;
    this.seen.retryAtMs = this.context.clock.now().getTime() + afterMs;
  }

  /** A ConfigMap or Secret, or the pod's own labels: volumes follow, and what waited for it is tried again. */
  private objectsChanged(): void {
    this.volumes.outdate();
    if (this.seen.life.stage === 'preparing') this.seen.retryAtMs = undefined;
    for (const entry of this.seen.entries) if (entry.waiting?.reason === 'CreateContainerConfigError') entry.retryAtMs = 0;
    this.wake();
  }
}
