import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '#api/types';
import { resources } from '#objects';
import { PodPaths } from '../pod-paths.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { type AdoptedPod, PodWorker } from './pod-worker.ts';
import { StatusWriter } from './status-writer.ts';

/** How long an agent lives: until so many things were asked for, with or without the last one being done. */
interface Span {
  asks: number;
  last: 'done' | 'not done';
}

const never = new Promise<never>(() => undefined);

/** A process whose answers reach nobody once it is dead. */
class Process {
  asked = 0;
  isDead = false;

  constructor(private readonly span: Span | undefined) {}

  /** The same object, some of whose methods are what the process asks the world for. */
  within<T extends object, K extends keyof T>(world: T, names: readonly K[]): T {
    return new Proxy(world, {
      get: (_target, name) => {
        const member = world[name as K] as unknown;
        if (typeof member !== 'function') return member;
        const method = (...args: unknown[]): unknown => member.apply(world, args) as unknown;
        return names.includes(name as K) ? (...args: unknown[]) => this.ask(() => method(...args)) : method;
      },
    });
  }

  private async ask(task: () => unknown): Promise<unknown> {
    if (this.isDead) return never;
    const isLast = ++this.asked === this.span?.asks;
    if (isLast && this.span?.last === 'not done') this.isDead = true;
    else {
      const answer = await task();
      if (isLast) this.isDead = true;
      if (!this.isDead) return answer;
    }
    return never;
  }
}

describe('a pod whose agent ends and is started anew, wherever that was', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'pod-restart-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  const spec: Partial<Pod['spec']> = {
    initContainers: [{ name: 'i', image: 'app:v1' }],
    volumes: [{ name: 'e', emptyDir: {} }],
    containers: [{ name: 'c', image: 'app:v1', volumeMounts: [{ name: 'e', mountPath: '/e' }] }],
  };

  /** From its creation to its end: the init container succeeds, and what runs is deleted. */
  async function wholeLife(span: Span | undefined, dir: string) {
    const agent = fakeAgent(dir);
    const { api, runtime, attached, clock } = agent;
    let gone = false;
    const found = async (): Promise<AdoptedPod> => ({
      hasSandbox: (await runtime.listSandboxes()).length > 0,
      sandboxIps: attached.get('uid-a'),
      containers: await runtime.list(),
    });
    const begin = (process: Process, pod: Pod, adopted?: AdoptedPod): PodWorker => {
      const mortal = process.within(api, ['writeMany']);
      const context = {
        ...agent.context,
        api: mortal,
        runtime: process.within(runtime, ['createSandbox', 'removeSandbox', 'create', 'start', 'kill', 'remove', 'exec']),
        network: process.within(agent.context.network, ['attach', 'detach']),
        statuses: new StatusWriter({ api: mortal, clock, logger: agent.context.logger }),
      };
      const worker = new PodWorker(context, pod, adopted, { done: () => (gone = true), refuseResize: () => undefined });
      worker.wake();
      return worker;
    };
    const inApi = (): Pod | undefined => api.all<Pod>(resources.pods)[0];
    api.put(resources.pods, podOf(spec));
    const first = new Process(span);
    let worker = begin(first, inApi()!);
    let restarted = false;
    // What is done on disk takes as many turns as a busy machine needs.
    for (let turns = 0; turns < 200_000 && !gone; turns++) {
      await clock.advance(turns % 10 === 9 ? 1_000 : 0);
      await new Promise((resolve) => process.nextTick(resolve));
      const pod = inApi();
      if (first.isDead && !restarted) {
        restarted = true;
        worker.detach();
        if (!pod) break; // the last thing that is done for a pod: there is nothing left to adopt
        worker = begin(new Process(undefined), pod, await found());
        continue;
      }
      const init = runtime.running('i');
      if (init) runtime.end(init.id, 0);
      if (pod?.status?.phase !== 'Running' || pod.metadata.deletionTimestamp) continue;
      const metadata = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 };
      worker.update(api.put(resources.pods, { ...pod, metadata }) as Pod);
    }
    const left = {
      containers: await runtime.list(),
      sandboxes: await runtime.listSandboxes(),
      addresses: [...attached],
      files: existsSync(new PodPaths(dir, 'uid-a').dir),
      pods: api.all(resources.pods),
    };
    return { asked: first.asked, calls: runtime.calls, left };
  }

  const nothing = { containers: [], sandboxes: [], addresses: [], files: false, pods: [] };
  const once = ['start i', 'start c', 'kill c SIGTERM'];

  it('lives once and leaves nothing: no container is started or signalled twice', async () => {
    const { asked, calls, left } = await wholeLife(undefined, join(rootDir, 'whole'));
    expect(left).toEqual(nothing);
    expect(calls.filter((call) => once.includes(call))).toEqual(once);
    expect(asked).toBeGreaterThan(15);

    const wrong: object[] = [];
    for (let asks = 1; asks <= asked; asks++) {
      for (const last of ['done', 'not done'] as const) {
        const life = await wholeLife({ asks, last }, join(rootDir, `${asks} ${last}`));
        const did = life.calls.filter((call) => once.includes(call));
        if (JSON.stringify([life.left, did]) !== JSON.stringify([nothing, once])) wrong.push({ asks, last, ...life });
      }
    }
    expect(wrong).toEqual([]);
  });
});
