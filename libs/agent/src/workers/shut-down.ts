import { type ContainerEntry, graceSeconds, isRunning } from '../observed.ts';
import { type StopNode, stopContainers } from '../pod-steps/stop-containers.ts';
import type { Pods } from './pods.ts';
import type { Clock } from '#base';
import { type ShutdownGroup, shutDown, shutdownOrder } from '../shutdown-plan.ts';
import type { PodWorker } from './pod-worker.ts';

/**
 * Graceful node shutdown (KEP-2000, KEP-2712): the node gives its pods up for good, those of the lowest priority first, and the API is told.
 * A group that ends sooner does not keep the next one waiting.
 */
export async function shutDownForGood(clock: Clock, pods: Pick<Pods, 'all' | 'refuse'>, groups: readonly ShutdownGroup[]): Promise<void> {
  pods.refuse();
  for (const { graceMs, pods: members } of shutdownOrder(groups, pods.all(), (worker) => worker.currentPod)) {
    for (const worker of members) {
      const own = graceSeconds(worker.currentPod) * 1000;
      worker.fail({ ...shutDown, disrupted: true, graceMs: Math.min(own, graceMs) });
    }
    const over = new AbortController();
    const ends = Promise.all(members.map((worker) => worker.stopped));
    await Promise.race([ends, clock.sleep(graceMs, over.signal).catch(() => undefined)]); // ends early only when it is over
    over.abort();
  }
}

/**
 * Ends the containers of all pods, as a machine that is shut down in order does: preStop hook, stop signal, and the pod's own grace period,
 * but not longer than `withinMs`. The API is told nothing: the pods are to run again when the node does.
 */
export async function shutDownPods(context: StopNode, pods: Pick<Pods, 'all' | 'stop'>, withinMs: number): Promise<void> {
  pods.stop(); // from here on no worker starts anything again
  await Promise.all(pods.all().map((worker) => stopPod(context, worker, withinMs)));
}

async function stopPod(context: StopNode, worker: PodWorker, withinMs: number): Promise<void> {
  const { pod, entries, podIps = [], life } = worker.view();
  const running = entries.filter(isRunning);
  if (life.stage === 'terminating') return awaitEnd(context, running, withinMs); // its worker is at it, with the time that its deletion gave it
  for (const { name } of running) worker.event({ type: 'Normal', reason: 'Killing', message: `Stopping container ${name}` }, name);
  try {
    const graceMs = Math.min(withinMs, graceSeconds(pod) * 1000);
    const event = (container: string, told: Parameters<PodWorker['event']>[0]): void => worker.event(told, container);
    await stopContainers(context, running, { pod, podIp: podIps[0] ?? '', graceMs, hurry: new AbortController().signal, event });
  } catch (err) {
    context.logger.error({ err, namespace: pod.metadata.namespace, name: pod.metadata.name }, 'a pod could not be stopped in order');
  }
}

async function awaitEnd({ runtime, clock }: StopNode, running: readonly ContainerEntry[], withinMs: number): Promise<void> {
  const over = new AbortController();
  const ends = Promise.all(running.map(({ current }) => runtime.wait(current!.id)));
  await Promise.race([ends, clock.sleep(withinMs, over.signal).catch(() => undefined)]); // ends early only when it is over
  over.abort();
}
