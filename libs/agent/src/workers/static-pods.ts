import type { Stats } from 'node:fs';
import { mkdir, readdir, readFile, stat, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { timestamp } from '#api';
import type { Node, Pod } from '#api/types';
import { type Clock, digestOf } from '#base';
import { create, remove } from '#client';
import type { Api, EventRecorder, Informer } from '#client/contract';
import { resources } from '#objects';
import type { Logger } from '#telemetry';
import type { NodeSettings } from '../node-settings.ts';
import { fullName, mirrorPod, planMirrors, staticPod } from '../static-pod-plan.ts';
import type { PodWorker } from './pod-worker.ts';
import type { Pods } from './pods.ts';
import type { Worker } from './worker.ts';

export interface StaticPodsOptions {
  /** A folder, or one file; '': there are none. */
  path: string;
  checkMs: number;
  nodeName: string;
  /** A pod with its defaults, out of JSON or YAML. Rejects with what is wrong with it. */
  readPod: (text: Uint8Array) => Promise<Pod>;
  pods: Pick<Pods, 'adopt' | 'runStatic'>;
  /** Pods of this node in the API, mirror pods among them. */
  bound: Pick<Informer<Pod>, 'list' | 'onChange' | 'synced'>;
  api: Api;
  clock: Clock;
  logger: Logger;
  events: EventRecorder;
  node: () => Node | undefined;
}

/**
 * `kubectl delete` waits for the name to go, and takes another mirror pod that is there before it has looked for the one that it deleted: then
 * it waits for ever.
 */
const NAMELESS_MS = 1_000;

interface Described {
  text: string;
  pod?: Pod;
}

/**
 * Static pods (Kubernetes, "Create static Pods"): runs what lies in a folder, with or without an API, and shows it there by mirror pods. A
 * pod of the same name as one that is still being ended waits for that.
 */
export class StaticPods implements Worker {
  readonly name = 'static-pods';
  private files = new Map<string, Described>();
  /** By full name. */
  private readonly running = new Map<string, PodWorker>();
  private readonly ending = new Set<string>();
  private wanted = new Map<string, Pod>();
  private hidden = new Set<string>();
  /** Names that the API has been told to forget, and does not get again at once. */
  private readonly forgotten = new Set<string>();
  private mirroring: Promise<void> | undefined;
  private mirrorAgain = false;

  constructor(private readonly options: StaticPodsOptions) {}

  /** What is described when the agent begins has begun, too: the API need not be there. */
  async start(): Promise<void> {
    const { path, pods, logger } = this.options;
    await pods.adopt();
    try {
      if (path && !(await statOf(path))) await mkdir(path, { recursive: true, mode: 0o700 });
    } catch (err) {
      logger.error({ err, path }, 'the folder of static pods cannot be made');
    }
    await this.look();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { bound, clock } = this.options;
    const stop = bound.onChange(() => void this.mirror());
    const watching = this.watch(signal);
    for await (const _ of clock.every(this.options.checkMs, signal)) {
      await this.look();
      void this.mirror();
    }
    stop();
    await Promise.all([watching, this.mirroring]);
  }

  /** Where a watch cannot be had, the periodic look is what there is. */
  private async watch(signal: AbortSignal): Promise<void> {
    const { path, logger } = this.options;
    if (path === '') return;
    try {
      for await (const _ of watch(path, { signal })) await this.look({ mayBeHalfWritten: true });
    } catch (err) {
      if (!signal.aborted) logger.warn({ err, path }, 'static pods are looked at from time to time only');
    }
  }

  /** What is there now runs, and what is there no more is ended. */
  private async look({ mayBeHalfWritten = false } = {}): Promise<void> {
    try {
      await this.read(mayBeHalfWritten);
    } catch (err) {
      return this.options.logger.error({ err, path: this.options.path }, 'the folder of static pods cannot be read');
    }
    const wanted = new Map<string, Pod>();
    for (const [path, { pod }] of this.files) {
      if (!pod) continue;
      if (wanted.has(fullName(pod))) this.options.logger.error({ path, pod: fullName(pod) }, 'another file describes a pod of this name');
      else wanted.set(fullName(pod), pod);
    }
    this.wanted = wanted;
    for (const name of new Set([...this.running.keys(), ...wanted.keys()])) this.settle(name);
    void this.mirror();
  }

  private settle(name: string): void {
    const [worker, pod] = [this.running.get(name), this.wanted.get(name)];
    if (worker && worker.uid !== pod?.metadata.uid && !this.ending.has(name)) {
      this.ending.add(name);
      worker.update(deleted(worker.currentPod, this.options.clock.now()));
    }
    if (worker || !pod) return;
    this.options.logger.info({ pod: name, uid: pod.metadata.uid }, 'a static pod is run');
    const ended = (): void => {
      this.running.delete(name);
      this.ending.delete(name);
      this.settle(name);
      void this.mirror();
    };
    this.running.set(name, this.options.pods.runStatic(pod, ended));
  }

  /** A file that says what it said is not read again: its pod keeps the time at which it was seen. */
  private async read(mayBeHalfWritten: boolean): Promise<void> {
    const files = new Map<string, Described>();
    for (const path of await pathsOf(this.options.path)) {
      const text = await readFile(path);
      const before = this.files.get(path);
      const key = text.toString('latin1');
      if (before?.text === key) files.set(path, before);
      else files.set(path, await this.describe(path, text, { before, mayBeHalfWritten }));
    }
    this.files = files;
  }

  private async describe(
    path: string,
    text: Buffer,
    { before, mayBeHalfWritten }: { before: Described | undefined; mayBeHalfWritten: boolean },
  ): Promise<Described> {
    const { clock, nodeName, readPod, logger, events, node } = this.options;
    try {
      const pod = await readPod(text);
      const hash = (of: string): string => digestOf(Buffer.from(of)).slice('sha256:'.length);
      return { text: text.toString('latin1'), pod: staticPod(pod, { nodeName, path, seenAt: clock.now(), hash }) };
    } catch (err) {
      if (mayBeHalfWritten) return { ...before, text: '' }; // looked at again by the next periodic look, if not before
      logger.error({ err, path }, 'a file describes no static pod');
      const about = node();
      const message = `${path}: couldn't parse as pod(${(err as Error).message}), please check config file`;
      if (about) events.event(about, { type: 'Warning', reason: 'FailedStaticPod', message });
      return { text: text.toString('latin1') };
    }
  }

  /** Once for all that changes meanwhile. */
  private mirror(): Promise<void> {
    this.mirrorAgain = true;
    this.mirroring ??= this.mirrorAll();
    return this.mirroring;
  }

  private async mirrorAll(): Promise<void> {
    await this.options.bound.synced();
    while (this.mirrorAgain) {
      this.mirrorAgain = false;
      try {
        await this.mirrorOnce();
      } catch (err) {
        this.options.logger.warn({ err }, 'the API does not show the static pods yet');
      }
    }
    this.mirroring = undefined;
  }

  private async mirrorOnce(): Promise<void> {
    const { api, bound, node, logger } = this.options;
    const workers = [...this.running].filter(([name]) => !this.ending.has(name)).map(([, worker]) => worker);
    const statics = workers.map(({ currentPod }) => currentPod);
    const plan = planMirrors(statics, bound.list(), this.ending);
    for (const worker of workers) worker.mirroredBy(plan.shown.get(worker.uid));
    for (const pod of plan.hidden) {
      if (!this.hidden.has(fullName(pod)))
        logger.error({ pod: fullName(pod) }, 'the API does not show a static pod: another one has its name');
    }
    this.hidden = new Set(plan.hidden.map(fullName));
    for (const pod of plan.remove) {
      const { metadata } = pod;
      if (metadata.deletionTimestamp) this.forget(fullName(pod));
      const ref = { resource: resources.pods, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
      await remove(api, ref, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } });
    }
    const owner = node();
    const absent = plan.create.filter((pod) => !this.forgotten.has(fullName(pod)));
    for (const pod of owner ? absent : []) await create(api, resources.pods, mirrorPod(pod, owner!));
  }

  private forget(name: string): void {
    if (this.forgotten.has(name)) return;
    this.forgotten.add(name);
    this.options.clock.after(NAMELESS_MS, () => {
      this.forgotten.delete(name);
      void this.mirror();
    });
  }
}

/** As the API shows a pod that somebody has deleted. */
function deleted(pod: Pod, now: Date): Pod {
  const seconds = pod.spec.terminationGracePeriodSeconds ?? 30;
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: timestamp(now), deletionGracePeriodSeconds: seconds } };
}

/** Whether files describe any: what they say is not looked at. */
export const hasStaticPods = async ({ staticPods }: Pick<NodeSettings, 'staticPods'>): Promise<boolean> =>
  (await pathsOf(staticPods.path)).length > 0;

/** Files that are not hidden, in order; folders in the folder are not looked into. */
async function pathsOf(path: string): Promise<string[]> {
  const found = path === '' ? undefined : await statOf(path);
  if (!found?.isDirectory()) return found?.isFile() ? [path] : [];
  const paths = (await readdir(path))
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .map((name) => join(path, name));
  const kinds = await Promise.all(paths.map(statOf));
  return paths.filter((_, i) => kinds[i]?.isFile());
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}
