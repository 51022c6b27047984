import { mkdir } from 'node:fs/promises';
import { ApiError } from '#api';
import type { PodStatus } from '#api/types';
import { writeFileAtomic } from '#base';
import { remove as removeFromApi } from '#client';
import { resources } from '#objects';
import type { AgentContext } from '../context.ts';
import { isRunning, type PodEvent, startOver } from '../observed.ts';
import { apiPodOf, type PodView } from '../pod-view.ts';
import type { StepTable } from '../pod-life.ts';
import type { PodPaths } from '../pod-paths.ts';
import type { PodObjects } from '../volumes/pod-objects.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { ContainerWorker } from '../workers/container-worker.ts';
import { PrepareError } from './errors.ts';
import { prepareSandbox, removeSandbox, type SandboxNode } from './sandbox.ts';
import { stopContainers } from './stop-containers.ts';

/** What steps are done with: one pod, and what they need of its node. */
export interface PodWork {
  readonly context: SandboxNode & Pick<AgentContext, 'clock' | 'logger' | 'api' | 'statuses' | 'tokens' | 'metrics' | 'awaitUnrouted'>;
  readonly paths: PodPaths;
  readonly volumes: Pick<PodVolumes, 'setUp' | 'refresh' | 'tearDown'>;
  readonly objects: Pick<PodObjects, 'release'>;
  readonly containers: ReadonlyMap<string, Pick<ContainerWorker, 'start' | 'restart' | 'probeReadinessOnly' | 'ended'>>;
  /** Aborted when no container is to be started any more. */
  readonly starting: AbortController;
  /** Aborts when containers are to be given no more time to end. */
  readonly hurry: AbortSignal;
  view: () => PodView;
  status: () => PodStatus;
  /** What has become known of the pod, for the next plan. */
  note: (seen: Pick<PodView, 'podIps'> | Pick<PodView, 'failure'>) => void;
  event: (event: PodEvent, container?: string) => void;
  /** Nothing more is to be done for this pod. */
  done: () => void;
}

/**
 * How each step is done. One that answers a promise goes on beside the worker; when it fails the plan asks for it again. Each may find that a
 * former agent, or a former try, has done a part of it.
 */
export const executors = {
  start: ({ containers }, { container }) => containers.get(container)?.start(),
  kill: ({ containers }, { container, why }) => containers.get(container)?.restart(why),
  restartAll: ({ view, containers }, { why }) => startOver(view().entries, (name) => containers.get(name)?.restart(why)),
  fail: (work, { failure }) => {
    work.event({ type: 'Normal', reason: failure.reason, message: failure.message });
    work.note({ failure });
  },
  terminate: (work) => {
    for (const { name } of work.view().entries.filter(isRunning))
      work.event({ type: 'Normal', reason: 'Killing', message: `Stopping container ${name}` }, name);
    work.starting.abort(new Error('the pod is being terminated'));
    for (const container of work.containers.values()) container.probeReadinessOnly();
  },
  prepare,
  refreshVolumes: async ({ view, volumes, context }) => {
    const { pod } = view();
    try {
      await volumes.refresh(pod);
    } catch (err) {
      context.logger.warn({ err, namespace: pod.metadata.namespace, name: pod.metadata.name }, 'volumes stay as they were');
    }
  },
  unroute: ({ view, context }, { withinMs }) => {
    const told = apiPodOf(view());
    return told && context.awaitUnrouted(told, withinMs);
  },
  stopContainers: async (work, { graceMs }) => {
    const { pod, entries, podIps = [] } = work.view();
    const event = (container: string, told: PodEvent): void => work.event(told, container);
    await stopContainers(work.context, entries, { pod, podIp: podIps[0] ?? '', graceMs, hurry: work.hurry, event });
    await Promise.all([...work.containers.values()].map((container) => container.ended()));
  },
  /** What a pod that has ended needs no longer: address, cgroup, namespaces, writable layers. Its logs and files stay until it is deleted. */
  removeSandbox: async ({ context, paths, view, status, objects }) => {
    const { uid = '', deletionTimestamp } = view().pod.metadata;
    // Its containers are the only ones to tell a new agent that it has ended, and it must not run again.
    if (view().static && !deletionTimestamp) {
      await mkdir(paths.dir, { recursive: true, mode: 0o750 });
      await writeFileAtomic(paths.finalStatus, JSON.stringify(status()));
    }
    for (const { id, sandboxId } of await context.runtime.list()) if (sandboxId === uid) await context.runtime.remove(id);
    await removeSandbox(context, uid);
    objects.release();
  },
  /** What takes the place of a static pod waits for no API. */
  reportFinalStatus: ({ context, view, status }) => {
    const told = apiPodOf(view());
    const written = told && context.statuses.write(told, status());
    return view().static ? undefined : written;
  },
  tearDownVolumes: ({ volumes, view }) => volumes.tearDown(view().pod),
  /** Mirror pods are taken away by who has made them. */
  removeFromApi: async ({ context, view }) => {
    if (view().static) return;
    const { namespace = '', name = '', uid } = view().pod.metadata;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await removeFromApi(context.api, { resource: resources.pods, namespace, name }, options);
    } catch (err) {
      if (!(err instanceof ApiError && err.code === 409)) throw err; // another pod of that name: ours is gone
    }
  },
  forget: ({ context, view, done }) => {
    const { uid = '' } = view().pod.metadata;
    context.tokens.forget(uid);
    context.statuses.forget(apiPodOf(view())?.metadata.uid ?? uid);
    done();
  },
} satisfies StepTable<PodWork, Promise<void> | void>;

async function prepare({ context, paths, view, volumes, note, event }: PodWork): Promise<void> {
  const { pod } = view();
  // Both come to their end before a failure counts: nothing is at work in the background while it is tried again, or taken away.
  const [sandbox, mounted] = await Promise.allSettled([prepareSandbox(context, pod, paths), volumes.setUp(pod)]);
  if (sandbox.status === 'fulfilled') note({ podIps: sandbox.value });
  for (const result of [sandbox, mounted]) {
    if (result.status === 'fulfilled') continue;
    const { reason: err } = result as { reason: unknown };
    if (err instanceof PrepareError) event({ type: 'Warning', reason: err.reason, message: err.message });
    throw err;
  }
  context.metrics.podsStarted.inc();
}
