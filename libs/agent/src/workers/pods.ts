import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Backoff, lookUp } from '#base';
import type { Pod, PodStatus } from '#api/types';
import { labels } from '../container-plan.ts';
import { isMirrorPod, isStaticPod, podSourceAnnotation } from '#objects';
import type { AgentContext } from '../context.ts';
import { type Admission, admit, refuseResize } from '../admission-plan.ts';
import { preempted } from '../preemption-plan.ts';
import { refusedByShutdown } from '../shutdown-plan.ts';
import { removeSandbox } from '../pod-steps/sandbox.ts';
import { hasStopped } from '../pod-life.ts';
import { PodPaths } from '../pod-paths.ts';
import { type Informer } from '#client/contract';
import { removePodDirectory } from '../volumes/pod-volumes.ts';
import { withAllocated } from './pod-resize.ts';
import { type AdoptedPod, type PodContext, PodWorker } from './pod-worker.ts';

/** Between two tries to clear what is left of a pod. */
const CLEAR_AGAIN_MS = 500;
const MAX_CLEAR_AGAIN_MS = 60_000;

/**
 * The pods of this node: one worker each. Nothing is started before the API has said what is bound here; what runs then and is not bound
 * here any more is ended and cleared.
 */
export class Pods {
  private readonly workers = new Map<string, PodWorker>();
  private stopListening: () => void = () => undefined;
  private refusing = false;
  /** Of a former agent, by uid: what has no worker yet. */
  private adopted = new Map<string, AdoptedPod>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly context: PodContext & Pick<AgentContext, 'pressure'>,
    private readonly informer: Informer<Pod>,
  ) {}

  /** Finds what was here before; static pods can be run from then on. */
  async adopt(): Promise<void> {
    this.adopted = await this.found();
  }

  /** Resolves when what was here before has been adopted, or is being cleared. */
  async start(signal: AbortSignal): Promise<void> {
    await this.informer.synced();
    if (signal.aborted) return;
    const bound = new Set(this.informer.list().map((pod) => pod.metadata.uid));
    for (const [uid, pod] of this.adopted) {
      if (bound.has(uid)) continue;
      this.adopted.delete(uid);
      void this.clear(uid, pod);
    }
    this.stopListening = this.informer.onChange(({ object, deleted }) => this.changed(object, deleted));
  }

  /** A pod that the API does not have; `ended` is called when nothing of it is left. Its worker is told when it is to end. */
  runStatic(pod: Pod, ended: () => void): PodWorker {
    const ips = this.adopted.get(pod.metadata.uid ?? '')?.sandboxIps;
    if (ips && !pod.spec.hostNetwork) void this.admitted(pod, ips);
    return this.add(pod, ended);
  }

  /** The API shows only its mirror, so the policies of this node do not know the one that a former agent ran. */
  private async admitted(pod: Pod, ips: readonly string[]): Promise<void> {
    const { policies, logger } = this.context;
    await policies.standing;
    await policies.admit(pod, ips).catch((err: unknown) => logger.error({ err, pod: pod.metadata.name }, 'a static pod stays closed'));
  }

  /** Containers run on; nothing is started, ended or told of from here on. */
  stop(): void {
    this.stopListening();
    this.stopping.abort();
    for (const worker of this.workers.values()) worker.detach();
  }

  /** What comes from here on is turned away: the node is shutting down. */
  refuse(): void {
    this.refusing = true;
  }

  /** In the order in which they came. */
  all(): readonly PodWorker[] {
    return [...this.workers.values()];
  }

  /** By uid when it is given (a static pod's or that of its mirror), else by name. */
  find(namespace: string, name: string, uid?: string): PodWorker | undefined {
    if (uid) return this.workers.get(uid) ?? this.all().find((worker) => worker.view().static?.mirror?.metadata.uid === uid);
    return this.all().find(({ currentPod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
  }

  /** Mirror pods show what this node runs by itself. */
  private changed(object: Pod, deleted: boolean): void {
    if (isMirrorPod(object)) return;
    const pod = ofApi(object);
    const known = this.workers.get(pod.metadata.uid ?? '');
    if (deleted) return known?.removed();
    if (known) return known.update(pod);
    this.add(pod);
  }

  /** `staticEnded` is given for a static pod. */
  private add(pod: Pod, staticEnded?: () => void): PodWorker {
    const uid = pod.metadata.uid ?? '';
    const adopted = this.adopted.get(uid);
    this.adopted.delete(uid);
    const fresh = !adopted && !pod.metadata.deletionTimestamp && (pod.status?.phase ?? 'Pending') === 'Pending';
    const { refusal, victims = [] } = fresh ? this.judge(pod) : {};
    const worker = new PodWorker(this.context, pod, adopted, {
      done: (ended) => {
        this.workers.delete(ended.uid);
        for (const other of this.all()) if (other.view().resize) other.wake(); // there may be room now
        staticEnded?.();
      },
      refuseResize: (resized) => refuseResize(resized, this.granted(resized.metadata.uid), this.context.nodeAllocatable),
      isStatic: staticEnded !== undefined,
      room: victims.length > 0 ? this.preempt(victims) : undefined,
    });
    this.workers.set(worker.uid, worker);
    if (refusal) {
      worker.event({ type: 'Warning', reason: refusal.reason, message: refusal.message });
      worker.fail({ reason: refusal.reason, message: `Pod was rejected: ${refusal.message}`, rejected: true, graceMs: 0 });
    }
    worker.wake();
    return worker;
  }

  private judge(pod: Pod): Admission {
    if (this.refusing) return { refusal: refusedByShutdown };
    const { nodeAllocatable, pressure, settings } = this.context;
    return admit(pod, this.granted(), nodeAllocatable, { pressure: pressure(), unsafeSysctls: settings.unsafeSysctls });
  }

  /** Resolves when none of their containers runs. */
  private preempt(victims: readonly Pod[]): Promise<unknown> {
    const workers = victims.flatMap(({ metadata }) => this.workers.get(metadata.uid ?? '') ?? []);
    for (const worker of workers) {
      worker.event({ type: 'Warning', ...preempted });
      worker.fail({ ...preempted, disrupted: true });
    }
    return Promise.all(workers.map(({ stopped }) => stopped));
  }

  /** What other pods have of this node. */
  private granted(exceptUid?: string): Pod[] {
    return this.all()
      .filter((worker) => worker.uid !== exceptUid && !hasStopped(worker.view().life))
      .map((worker) => withAllocated(worker.view()));
  }

  /** Sandboxes, containers and addresses that a former agent left. */
  private async found(): Promise<Map<string, AdoptedPod>> {
    const { runtime, network, policies, nodeIps } = this.context;
    const isPods = (of: { labels: Record<string, string> }): boolean => Object.hasOwn(of.labels, labels.uid); // others use the runtime as well
    const [sandboxes, containers, addresses, directories] = await Promise.all([
      runtime.listSandboxes().then((all) => all.filter(isPods)),
      runtime.list().then((all) => all.filter(isPods)),
      network.list(),
      readdir(join(this.context.rootDir, 'pods')).catch(() => []), // none yet
    ]);
    for (const uid of addresses.keys()) {
      const netnsPath = sandboxes.find((s) => s.id === uid)?.netnsPath;
      if (netnsPath) {
        await network.attach({ sandboxId: uid, netnsPath }); // whoever made its link, it is bound to what is the pod's now
        continue;
      }
      await Promise.all([network.detach(uid), policies.release(uid)]); // its sandbox ended with the machine; the next one gets an address of its own
      addresses.delete(uid);
    }
    const uids = new Set([...sandboxes.map((s) => s.id), ...containers.map((c) => c.sandboxId), ...addresses.keys(), ...directories]);
    const found = [...uids].map(async (uid): Promise<[string, AdoptedPod]> => {
      const sandbox = sandboxes.find((s) => s.id === uid);
      const sandboxIps = sandbox && (sandbox.netnsPath ? addresses.get(uid) : nodeIps);
      const finalStatus = await finalStatusOf(new PodPaths(this.context.rootDir, uid));
      const ours = containers.filter((c) => c.sandboxId === uid);
      return [uid, { hasSandbox: sandbox !== undefined, sandboxIps, containers: ours, finalStatus }];
    });
    return new Map(await Promise.all(found));
  }

  /**
   * Of a pod that the API no longer has. Tried until it is done: what drivers have mounted they alone take away, and they are not there
   * again before the agent is.
   */
  private async clear(uid: string, { containers }: AdoptedPod): Promise<void> {
    const { logger, clock } = this.context;
    logger.info({ uid, pod: lookUp(containers[0]?.labels, labels.pod) }, 'a pod that is not bound here any more is cleared');
    const waits = new Backoff<string>(CLEAR_AGAIN_MS, MAX_CLEAR_AGAIN_MS);
    while (!this.stopping.signal.aborted) {
      try {
        return await this.clearOnce(uid, containers);
      } catch (err) {
        logger.warn({ err, uid }, 'the rest of a pod could not be cleared yet');
        await clock.sleep(waits.nextMs(uid), this.stopping.signal).catch(() => undefined); // stopped meanwhile
      }
    }
  }

  private async clearOnce(uid: string, containers: AdoptedPod['containers']): Promise<void> {
    await Promise.all(containers.map((container) => this.context.runtime.remove(container.id)));
    await removeSandbox(this.context, uid);
    await removePodDirectory(new PodPaths(this.context.rootDir, uid), this.context);
  }
}

/** Of a static pod that a former agent saw end. */
async function finalStatusOf(paths: PodPaths): Promise<PodStatus | undefined> {
  try {
    return JSON.parse(await readFile(paths.finalStatus, 'utf8')) as PodStatus;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}

/** What is static is known to the node alone, whatever an object says of itself. */
function ofApi(pod: Pod): Pod {
  if (!isStaticPod(pod)) return pod;
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, [podSourceAnnotation]: 'api' } } };
}
