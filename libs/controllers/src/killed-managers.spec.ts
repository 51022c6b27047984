import fc from 'fast-check';
import type { DaemonSet, Job, Pod, StatefulSet } from '#api/types';
import { ManualClock } from '#base/testing';
import { FakeApi } from '#client/testing';
import { type ControllerContext, type Runnable, runnable } from '#controller-runtime';
import { resources } from '#objects';
import { daemonSetController } from './daemon-set/controller.ts';
import { jobController } from './job/controller.ts';
import { isTracked } from './job/job-pods.ts';
import { statefulSetController } from './stateful-set/controller.ts';
import { ended, job } from './testing/jobs.ts';
import { MortalManager } from './testing/mortal-manager.ts';
import { node, readyPod } from './testing/small-cluster.ts';

type Happening =
  | { do: 'kill'; after: number }
  | { do: 'schedule' | 'ready' | 'vanish'; which: number }
  | { do: 'fail' | 'evict' | 'loseNode'; which: number }
  | { do: 'joinNode' | 'change'; which: number };

/**
 * Workloads, the nodes and the scheduler as far as controllers see them, and one controller-manager after the other, each killed after some of
 * its writes. What must never be is looked for after each step.
 */
class World {
  readonly api = new FakeApi();
  readonly clock = new ManualClock();
  readonly wrong: string[] = [];
  private manager: MortalManager;
  private nodes = 3;
  /** Of a manager that comes where one has died. */
  writesOfNext = 4;

  constructor(
    private readonly controllers: (context: ControllerContext) => Runnable[],
    private readonly invariant: (pods: readonly Pod[]) => string[],
    firstWrites: number,
  ) {
    this.api.now = () => this.clock.now();
    for (let i = 0; i < this.nodes; i++) this.api.put(resources.nodes, node(`n${i}`));
    this.manager = new MortalManager(this.api, this.clock, firstWrites, controllers);
  }

  pods(): Pod[] {
    return this.api.all<Pod>(resources.pods);
  }

  async happen(event: Happening): Promise<void> {
    switch (event.do) {
      case 'kill':
        await this.replace(event.after);
        break;
      case 'joinNode':
        this.api.put(resources.nodes, node(`n${this.nodes++}`));
        break;
      case 'change':
        this.changed(event.which);
        break;
      default:
        this.ofPods(event.do, event.which);
    }
    await this.settle();
  }

  /** What the cluster does by itself, until nothing changes any more, with a manager that lives. */
  async calm(): Promise<void> {
    await this.replace(Infinity);
    for (let round = 0; round < 40; round++) {
      for (const what of ['schedule', 'ready', 'vanish'] as const) for (let i = 0; i < 12; i++) this.ofPods(what, i);
      await this.settle(60_000);
    }
  }

  /** A new template, or another size. */
  changed: (which: number) => void = () => undefined;

  stop(): Promise<void> {
    return this.manager.stop();
  }

  private async settle(ms = 1_000): Promise<void> {
    await this.pass(ms);
    while (this.manager.dead) await this.replace(this.writesOfNext);
  }

  private async replace(writes: number): Promise<void> {
    await this.manager.stop();
    this.manager = new MortalManager(this.api, this.clock, writes, this.controllers);
    await this.pass(50);
  }

  private async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.wrong.push(...this.invariant(this.pods()));
  }

  private ofPods(what: Exclude<Happening['do'], 'kill' | 'joinNode' | 'change'>, which: number): void {
    const pods = this.pods();
    const choose = (those: readonly Pod[]): Pod | undefined => those[which % Math.max(1, those.length)];
    if (what === 'loseNode') {
      const nodes = this.api.all(resources.nodes);
      const name = nodes.length > 1 ? nodes[which % nodes.length]?.metadata.name : undefined;
      if (name) this.api.removeNow(resources.nodes, '', name);
      // The garbage collector of pods takes what was there.
      for (const each of pods) if (name && each.spec.nodeName === name) this.gone(each);
      return;
    }
    const going = (each: Pod): boolean => each.metadata.deletionTimestamp !== undefined;
    const waiting = choose(pods.filter((each) => !each.spec.nodeName && !going(each)));
    const placed = pods.filter((each) => each.spec.nodeName && !going(each));
    const pending = choose(placed.filter(({ status }) => !status?.conditions && status?.phase !== 'Failed'));
    const running = choose(placed.filter(({ status }) => status?.phase === 'Running'));
    const left = choose(pods.filter(going));
    if (what === 'schedule' && waiting)
      this.api.put(resources.pods, { ...waiting, spec: { ...waiting.spec, nodeName: this.nodeFor(waiting, which) } });
    if (what === 'ready' && pending) this.api.put(resources.pods, readyPod(pending, this.clock.now()));
    if (what === 'fail' && running) this.api.put(resources.pods, { ...running, status: ended(1, this.clock.now().toISOString()) });
    if (what === 'evict' && running) void this.api.writeMany([deletion(running)]);
    if (what === 'vanish' && left) this.gone(left);
  }

  /** A pod of a DaemonSet says where it is to be. */
  private nodeFor({ spec }: Pod, which: number): string {
    const [term] = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    const nodes = this.api.all(resources.nodes);
    return term?.matchFields?.[0]?.values?.[0] ?? nodes[which % nodes.length]!.metadata.name!;
  }

  /** It stays for its finalizers alone. */
  private gone(pod: Pod): void {
    const { namespace = '', name = '', finalizers = [], deletionTimestamp } = pod.metadata;
    if (finalizers.length === 0) return this.api.removeNow(resources.pods, namespace, name);
    const status = pod.status?.phase === 'Succeeded' ? pod.status : ended(1, this.clock.now().toISOString());
    this.api.put(resources.pods, { ...pod, status });
    if (!deletionTimestamp) void this.api.writeMany([deletion(pod)]);
  }
}

const deletion = ({ metadata: { namespace, name = '' } }: Pod) => ({ verb: 'delete' as const, resource: resources.pods, namespace, name });

const happenings = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('kill' as const), after: fc.nat(5) }) },
    {
      weight: 10,
      arbitrary: fc.record({ do: fc.constantFrom('schedule' as const, 'ready' as const, 'vanish' as const), which: fc.nat(9) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'evict' as const, 'loseNode' as const), which: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('joinNode' as const, 'change' as const), which: fc.nat(9) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

const isActive = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
const template = (image: string, app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image }] } });
const selector = (app: string) => ({ matchLabels: { app } });
const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

const jobOf = ({ metadata }: Pod): string => metadata.ownerReferences?.[0]?.name ?? '';

async function simulate(world: World, list: readonly Happening[], check: () => void): Promise<void> {
  try {
    for (const event of list) await world.happen(event);
    await world.calm();
    expect(world.wrong).toEqual([]);
    check();
  } finally {
    await world.stop();
  }
}

describe('whatever writes a controller-manager is killed after, and whatever happens on the nodes meanwhile', () => {
  it('a StatefulSet has each of its pods once, in order, and in the end all of them', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, fc.nat(6), async (list, first) => {
        // A pod may only be new while all before it are there.
        const seen = new Set<string>();
        const inOrder = (pods: readonly Pod[]): string[] =>
          pods.flatMap(({ metadata: { name = '', uid = '' } }) => {
            if (seen.has(uid)) return [];
            seen.add(uid);
            const before = Array.from({ length: Number(name.slice('web-'.length)) }, (_, i) => `web-${i}`);
            const missing = before.filter((each) => !pods.some((pod) => pod.metadata.name === each));
            return missing.length > 0 ? [`${name} is made without ${missing.join(', ')}`] : [];
          });
        const world = new World((context) => [runnable(statefulSetController, context)], inOrder, first);
        let generation = 0;
        const put = (replicas: number, image: string): unknown =>
          world.api.put(resources.statefulSets, {
            apiVersion: 'apps/v1',
            kind: 'StatefulSet',
            metadata: { name: 'web', namespace: 'default', uid: 'web-uid', generation: ++generation },
            spec: {
              replicas,
              serviceName: 'web',
              selector: selector('web'),
              template: template(image, 'web'),
              podManagementPolicy: 'OrderedReady',
              updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
              revisionHistoryLimit: 2,
            },
            status: present()?.status,
          } as StatefulSet);
        const present = (): StatefulSet | undefined => world.api.all<StatefulSet>(resources.statefulSets)[0];
        put(3, 'v0');
        let [replicas, image] = [3, 'v0'];
        world.changed = (which) => {
          [replicas, image] = [1 + (which % 4), `v${which % 3}`];
          put(replicas, image);
        };
        await simulate(world, list, () => {
          const pods = world.pods();
          expect(new Set(pods.map(({ metadata }) => metadata.name))).toEqual(
            new Set(Array.from({ length: replicas }, (_, i) => `web-${i}`)),
          );
          expect(pods).toHaveLength(replicas);
          expect(pods.filter((pod) => isReady(pod) && pod.spec.containers[0]?.image === image)).toHaveLength(replicas);
          expect(present()?.status).toMatchObject({
            replicas,
            readyReplicas: replicas,
            updatedReplicas: replicas,
            observedGeneration: generation,
          });
          // The present one, and as many others as the limit says.
          expect(world.api.all(resources.controllerRevisions).length).toBeLessThanOrEqual(3);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('a DaemonSet has one pod on each node and never two, and in the end on all of them', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, fc.nat(6), async (list, first) => {
        const target = ({ spec }: Pod): string =>
          spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]
            ?.values?.[0] ?? '';
        const once = (pods: readonly Pod[]): string[] => {
          const places = pods.filter(isActive).map(target);
          return places.filter((place, i) => places.indexOf(place) !== i).map((place) => `two daemons on ${place}`);
        };
        const world = new World((context) => [runnable(daemonSetController(), context)], once, first);
        let [generation, image] = [0, 'v0'];
        const present = (): DaemonSet | undefined => world.api.all<DaemonSet>(resources.daemonSets)[0];
        const put = (): unknown =>
          world.api.put(resources.daemonSets, {
            apiVersion: 'apps/v1',
            kind: 'DaemonSet',
            metadata: {
              name: 'd',
              namespace: 'default',
              uid: 'd-uid',
              generation: ++generation,
              annotations: { 'deprecated.daemonset.template.generation': String(generation) },
            },
            spec: {
              selector: selector('d'),
              template: template(image, 'd'),
              updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
              revisionHistoryLimit: 2,
            },
            status: present()?.status,
          } as DaemonSet);
        put();
        world.changed = (which) => {
          image = `v${which % 3}`;
          put();
        };
        await simulate(world, list, () => {
          const nodes = world.api.all(resources.nodes).map(({ metadata }) => metadata.name ?? '');
          const pods = world.pods();
          expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(nodes));
          expect(pods).toHaveLength(nodes.length);
          expect(pods.filter((pod) => isReady(pod) && pod.spec.containers[0]?.image === image)).toHaveLength(nodes.length);
          expect(present()?.status).toMatchObject({
            desiredNumberScheduled: nodes.length,
            numberReady: nodes.length,
            updatedNumberScheduled: nodes.length,
            numberMisscheduled: 0,
          });
        });
      }),
      { numRuns: 40 },
    );
  });

  it('200 Jobs have no pod more than they ask for, and all of them come to their end', async () => {
    const count = 200;
    const byJob = (pods: readonly Pod[]): string[] => {
      const active = new Map<string, number>();
      for (const pod of pods.filter(isActive)) {
        const name = jobOf(pod);
        active.set(name, (active.get(name) ?? 0) + 1);
      }
      return [...active].filter(([, pods]) => pods > 1).map(([name, pods]) => `${name} has ${pods} pods`);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 3, maxLength: 6 }), async (kills) => {
        const world = new World((context) => [runnable(jobController, context)], byJob, kills[0]!);
        world.writesOfNext = 90;
        const blank = job({ completions: 1, parallelism: 1 });
        for (let i = 0; i < count; i++)
          world.api.put(resources.jobs, { ...blank, metadata: { ...blank.metadata, name: `j${i}`, uid: `j${i}-uid` } });
        const ends = new Map<string, number>();
        const endAll = async (after: number): Promise<void> => {
          for (const pod of world.pods().filter(isActive)) {
            const name = jobOf(pod);
            ends.set(name, (ends.get(name) ?? 0) + 1);
            world.api.put(resources.pods, { ...pod, status: ended(0, world.clock.now().toISOString()) });
          }
          await world.happen({ do: 'kill', after });
        };
        try {
          for (const after of kills) await endAll(after);
          for (let round = 0; round < 5; round++) await endAll(Infinity);
          expect(world.wrong).toEqual([]);
          const jobs = world.api.all<Job>(resources.jobs);
          const complete = jobs.filter(({ status }) =>
            status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True'),
          );
          expect([complete.length, jobs.filter(({ status }) => status?.succeeded === 1).length]).toEqual([count, count]);
          // Each ran once and no more.
          expect([ends.size, [...ends.values()].filter((times) => times !== 1)]).toEqual([count, []]);
          expect(world.pods().filter(isTracked)).toEqual([]);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 5 },
    );
  });
});
