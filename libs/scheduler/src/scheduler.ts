import { timestamp } from '#api';
import type { Registry } from 'prom-client';
import type { Namespace, Node, Pod } from '#api/types';
import { type Clock, lookUp, type Random } from '#base';
import type { Api, EventRecorder, InformerFactory, WriteItem, WriteResult } from '#client/contract';
import type { Logger } from '#telemetry';
import { isTerminal, localStorage, resources } from '#objects';
import { ClusterCache } from './cache/cluster-cache.ts';
import { podInfo } from './cache/pod-info.ts';
import type { Decision, PodInfo, VolumePlan } from './contract.ts';
import { decide } from './cycle.ts';
import { explainRefusals } from './explain.ts';
import { schedulerMetrics } from './metrics.ts';
import { defaultProfile } from './plugins/index.ts';
import { preempt } from './preemption.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { followStorage } from './volumes/follow-storage.ts';
import { VolumeWaits } from './volumes/volume-waits.ts';

/** Pods that name another in `spec.schedulerName` are left to that one; the field's default is this name. */
export const schedulerName = 'default-scheduler';
/** At most what the store takes in one call, so that the bindings of a round are one write. */
const batchSize = 256;

/** The scheduler's world. `random` breaks ties between equal scores, so a seed repeats a run. */
export interface SchedulerInput {
  api: Api;
  informers: InformerFactory;
  events: EventRecorder;
  clock: Clock;
  random: Random;
  registry: Registry;
  logger: Logger;
}

interface Placed {
  info: PodInfo;
  node: string;
  attempts: number;
  startedMs: number;
}

/** Watches pods and nodes, decides with the pure core, and binds all that one round placed with one write. */
export class Scheduler {
  private readonly cache = new ClusterCache();
  private readonly queue: SchedulingQueue;
  private readonly metrics: ReturnType<typeof schedulerMetrics>;
  private readonly waits: VolumeWaits<Placed>;

  constructor(private readonly input: SchedulerInput) {
    this.queue = new SchedulingQueue(input.clock, [...defaultProfile.filters]);
    this.metrics = schedulerMetrics(input.registry, this.queue);
    this.waits = new VolumeWaits<Placed>({
      api: input.api,
      clock: input.clock,
      storage: this.cache.storage,
      node: (name) => this.cache.node(name),
      ready: (placed) => void this.bind([placed]),
      failed: ({ info }, why) => {
        const message = `running PreBind plugin "VolumeBinding": ${why}`;
        input.events.event(info.pod, { type: 'Warning', reason: 'FailedScheduling', message });
        this.undo(info);
      },
    });
  }

  /** Schedules until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const unwatch = await this.watch();
    signal.addEventListener('abort', () => this.queue.close(), { once: true });
    try {
      while (!signal.aborted) {
        const batch = await this.queue.take(batchSize, signal);
        if (batch.length > 0) await this.scheduleBatch(batch);
      }
    } finally {
      for (const stop of unwatch) stop();
    }
  }

  private async watch(): Promise<(() => void)[]> {
    const { informers } = this.input;
    const nodeInformer = informers.informer<Node>({ resource: resources.nodes });
    const namespaceInformer = informers.informer<Namespace>({ resource: resources.namespaces });
    const podInformer = informers.informer<Pod>({ resource: resources.pods });
    await Promise.all([nodeInformer.synced(), namespaceInformer.synced(), podInformer.synced()]);
    // Before the pods: one whose claim is not known yet would be refused for it.
    const storage = await followStorage(informers, this.cache.storage, (change) => {
      this.waits.checkAll();
      this.queue.onClusterEvent(change.resource, change.event, change.concerns);
    });
    return [
      ...storage,
      nodeInformer.onChange(({ object, previous, deleted }) => {
        if (deleted) this.cache.removeNode(object.metadata.name ?? '');
        else this.cache.setNode(object);
        if (deleted || !previous || nodeMatters(previous, object)) this.queue.onClusterEvent('Node', eventOf(previous, deleted));
      }),
      namespaceInformer.onChange(({ object, previous, deleted }) => {
        this.cache.setNamespace(object.metadata.name ?? '', deleted ? undefined : (object.metadata.labels ?? {}));
        this.queue.onClusterEvent('Namespace', eventOf(previous, deleted));
      }),
      podInformer.onChange(({ object, previous, deleted }) => this.onPod(object, previous, deleted)),
    ];
  }

  /** Own bindings come back here as well: the pod then leaves the queue, and what was assumed of it becomes fact. */
  private onPod(pod: Pod, previous: Pod | undefined, deleted: boolean): void {
    const uid = pod.metadata.uid ?? '';
    if (deleted) this.cache.removePod(uid);
    else this.cache.setPod(pod);
    if (!deleted && isWaiting(pod)) return this.queue.set(podInfo(pod));
    this.queue.remove(uid);
    this.waits.drop(uid);
    const finished = isTerminal(pod);
    const left = deleted || (finished && previous?.status?.phase !== pod.status?.phase);
    // A status update of a running pod frees nothing: only placement, labels and the end of a pod matter to others.
    if (left) this.queue.onClusterEvent('Pod', 'delete');
    else if (previous && !previous.spec?.nodeName && pod.spec?.nodeName) this.queue.onClusterEvent('Pod', 'add');
    else if (previous && JSON.stringify(previous.metadata.labels) !== JSON.stringify(pod.metadata.labels))
      this.queue.onClusterEvent('Pod', 'update');
  }

  /** Each pod is decided with those before it assumed on their nodes, so a batch never overcommits what it has just given away. */
  private async scheduleBatch(batch: readonly { info: PodInfo; attempts: number }[]): Promise<void> {
    const placed: Placed[] = [];
    for (const { info, attempts } of batch) {
      const startedMs = this.input.clock.monotonicMs();
      const decision = decide(info, this.cache, defaultProfile, this.input.random);
      if (decision.placed) {
        this.cache.assume(info, decision.node);
        const each = { info, node: decision.node, attempts, startedMs };
        if (needsVolumes(decision.volumes)) await this.waits.begin(each, decision.volumes);
        else placed.push(each);
      } else {
        this.metrics.attempt('unschedulable', this.secondsSince(startedMs));
        await this.refuse(info, decision);
      }
    }
    if (placed.length > 0) await this.bind(placed);
  }

  /**
   * One answer for each binding. A refused one gives back what was assumed, and its pod is tried again later; when the whole call fails it
   * is not known which were bound, and the informer tells.
   */
  private async bind(placed: readonly Placed[]): Promise<void> {
    let results: WriteResult[];
    try {
      results = await this.input.api.writeMany(placed.map(({ info, node }) => bindingOf(info, node)));
    } catch (err) {
      this.input.logger.warn({ err, pods: placed.length }, 'binding failed');
      for (const { info } of placed) this.undo(info);
      return;
    }
    for (const [i, result] of results.entries()) {
      const { info, node, attempts, startedMs } = placed[i]!;
      const seconds = this.secondsSince(startedMs);
      if (result.ok) {
        this.metrics.attempt('scheduled', seconds);
        this.metrics.bound((this.input.clock.now().getTime() - Date.parse(info.pod.metadata.creationTimestamp ?? '')) / 1000, attempts);
        this.queue.remove(info.uid);
        this.input.events.event(info.pod, { type: 'Normal', reason: 'Scheduled', message: `Successfully assigned ${info.key} to ${node}` });
      } else {
        this.metrics.attempt('error', seconds);
        this.input.logger.info({ pod: info.key, node, status: result.status }, 'binding refused');
        this.undo(info);
      }
    }
  }

  private undo(info: PodInfo): void {
    this.cache.forget(info.uid);
    this.queue.retry(info.uid);
  }

  /**
   * Tells the user why, and makes room where preemption can. Victims are asked to go with their own grace period; the pod stays in the
   * queue until they are gone.
   */
  private async refuse(info: PodInfo, decision: Extract<Decision, { placed: false }>): Promise<void> {
    const preemption = decision.nodes > 0 ? preempt(info, this.cache, defaultProfile, decision.refusals) : { none: '' };
    const message = explainRefusals(decision, 'none' in preemption ? preemption.none : undefined);
    this.queue.refused(info.uid, new Set([...decision.refusals.values()].map(({ plugin }) => plugin)));
    this.input.events.event(info.pod, { type: 'Warning', reason: 'FailedScheduling', message });
    const writes = [unschedulableStatus(info.pod, message, 'none' in preemption ? undefined : preemption.node, this.input.clock.now())];
    if (!('none' in preemption)) writes.push(...this.evict(info, preemption));
    try {
      await this.input.api.writeMany(writes.filter((write) => write !== undefined));
    } catch (err) {
      this.input.logger.warn({ err, pod: info.key }, 'the reason could not be written; the next attempt writes it');
    }
  }

  private evict(info: PodInfo, { node, victims }: { node: string; victims: readonly PodInfo[] }): WriteItem[] {
    this.metrics.preempted(victims.length);
    return victims.map((victim) => {
      this.input.events.event(victim.pod, { type: 'Normal', reason: 'Preempted', message: `Preempted by pod ${info.uid} on node ${node}` });
      return {
        verb: 'delete',
        resource: resources.pods,
        namespace: victim.namespace,
        name: victim.pod.metadata.name ?? '',
        options: { preconditions: { uid: victim.uid } },
      };
    });
  }

  private secondsSince(startedMs: number): number {
    return (this.input.clock.monotonicMs() - startedMs) / 1000;
  }
}

/** Gated pods (KEP-3521) wait for whoever put the gate there, and are not tried before. */
function isWaiting(pod: Pod): boolean {
  const { metadata, spec } = pod;
  return (
    !spec?.nodeName &&
    !metadata.deletionTimestamp &&
    !isTerminal(pod) &&
    !spec?.schedulingGates?.length &&
    spec?.schedulerName === schedulerName
  );
}

function eventOf(previous: unknown, deleted: boolean): 'add' | 'update' | 'delete' {
  if (deleted) return 'delete';
  return previous ? 'update' : 'add';
}

const needsVolumes = (plan: VolumePlan | undefined): plan is VolumePlan =>
  plan !== undefined && plan.bind.length + plan.provision.length > 0;

/** Heartbeats change a node every few seconds; what scheduling reads of it seldom changes. */
function nodeMatters(before: Node, after: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node): string =>
    JSON.stringify([
      metadata.labels,
      spec?.taints,
      spec?.unschedulable,
      status?.allocatable,
      lookUp(metadata.annotations ?? {}, localStorage.pathAnnotation),
    ]);
  return relevant(before) !== relevant(after);
}

/** The uid makes a binding hold for this pod only, and not for one that was made anew under its name. */
function bindingOf({ pod, namespace, uid }: PodInfo, node: string): WriteItem {
  const name = pod.metadata.name ?? '';
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  };
  return { verb: 'create', resource: resources.pods, subresource: 'binding', namespace, name, object: binding };
}

/** undefined when the pod says so already. */
function unschedulableStatus(pod: Pod, message: string, nominatedNodeName: string | undefined, now: Date): WriteItem | undefined {
  const present = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (present?.status === 'False' && present.message === message && pod.status?.nominatedNodeName === nominatedNodeName) return undefined;
  const lastTransitionTime = present?.status === 'False' ? present.lastTransitionTime : timestamp(now);
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime };
  return {
    verb: 'patch',
    resource: resources.pods,
    subresource: 'status',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name ?? '',
    patchType: 'application/strategic-merge-patch+json',
    patch: { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition], ...(nominatedNodeName && { nominatedNodeName }) } },
  };
}
