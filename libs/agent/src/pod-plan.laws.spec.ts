import fc from 'fast-check';
import type { Pod } from '#api/types';
import { type ContainerEntry, entriesOf, isRunning } from './observed.ts';
import type { PodView } from './pod-view.ts';
import { byStep, hasStopped, lifeAfter, lifeFound, type PodLife, type PodStep, type StepTable } from './pod-life.ts';
import { planPod, retryAfterMs } from './pod-plan.ts';
import { pod as podOf } from './testing/pod-builder.ts';
import { podView } from './testing/pod-view.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** What is really there, whatever an agent knows of it. */
interface World {
  sandbox: boolean;
  files: boolean;
  running: Set<string>;
  inApi: boolean;
  finalStatus: boolean;
}

type Happening = { what: 'done' | 'failed' | 'exit' | 'delete' | 'unbind' | 'restart' | 'change' | 'wait'; n: number };

/** A node with one pod: carries out what the plan asks for, lets things happen in between, and takes note of whatever must not be. */
class SimulatedNode {
  nowMs = START_MS;
  view: PodView & { entries: ContainerEntry[]; atWork: Set<PodStep['do']> };
  readonly wrong: string[] = [];
  private underWay: PodStep[] = [];
  private failures = 0;

  constructor(
    view: PodView,
    readonly world: World,
  ) {
    this.view = { ...view, entries: [...view.entries], atWork: new Set() };
  }

  /** One turn of the agent. Answers when it wants to look again. */
  turn(): number | undefined {
    const before = JSON.stringify(this.view);
    const plan = planPod(this.view, this.nowMs);
    this.check(JSON.stringify(planPod(this.view, this.nowMs)) === JSON.stringify(plan), 'one view, one plan');
    this.check(JSON.stringify(this.view) === before, 'planning changes nothing');
    for (const step of plan.steps) byStep<SimulatedNode, void>(beginnings, this, step);
    return plan.wakeAtMs;
  }

  happen({ what, n }: Happening): void {
    const [step] = this.underWay.splice(n % Math.max(1, this.underWay.length), what === 'done' || what === 'failed' ? 1 : 0);
    if (what === 'done' && step) this.finish(step);
    if (what === 'failed' && step) this.failed(step);
    if (what === 'exit') this.exit([...this.world.running][n % Math.max(1, this.world.running.size)], n % 2);
    if (what === 'delete' && this.world.inApi) this.delete();
    if (what === 'unbind') this.world.inApi = this.view.inApi = false;
    if (what === 'change') this.view.refreshAtMs = 0;
    if (what === 'wait') this.nowMs += n;
    if (what === 'restart') this.restart(n % 2 === 0);
  }

  delete(): void {
    const { pod } = this.view;
    this.view.pod = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 } };
  }

  /** Everything that was begun succeeds, and time passes, until nothing is left to do. */
  runToRest(): void {
    for (let turns = 0; turns < 500; turns++) {
      const wakeAtMs = this.turn();
      const step = this.underWay.shift();
      if (step) this.finish(step);
      else if (planPod(this.view, this.nowMs).steps.length > 0) continue;
      else if (wakeAtMs !== undefined) this.nowMs = Math.max(this.nowMs, wakeAtMs);
      else return;
    }
    this.wrong.push('it never comes to rest');
  }

  check(holds: boolean, what: string): void {
    if (!holds) this.wrong.push(`${what}: ${JSON.stringify({ ...this.view, pod: undefined, world: this.world })}`);
  }

  begin(step: PodStep): void {
    this.check(!this.view.atWork.has(step.do), `${step.do} is not begun twice`);
    this.view.atWork.add(step.do);
    this.underWay.push(step);
  }

  beginContainer(name: string, step: PodStep): void {
    const entry = this.entry(name);
    this.check(!entry.busy, `${step.do} of a container that something is done with already`);
    entry.busy = true;
    this.underWay.push(step);
  }

  settle(step: PodStep): void {
    const life = lifeAfter(this.view.life, step);
    if (life === this.view.life) return;
    this.view.life = life;
    if (hasStopped(life)) this.view.pod = { ...this.view.pod, status: { ...this.view.pod.status, phase: 'Succeeded' } };
    this.view.retryAtMs = undefined;
    this.failures = 0;
  }

  entry(name: string): ContainerEntry {
    return this.view.entries.find((e) => e.name === name)!;
  }

  exit(name: string | undefined, exitCode: number): void {
    if (name === undefined) return;
    this.world.running.delete(name);
    const { current } = this.entry(name);
    this.entry(name).current = { ...current!, terminated: { exitCode } };
  }

  private finish(step: PodStep): void {
    if ('container' in step) {
      this.entry(step.container).busy = false;
      if (step.do === 'kill') return this.exit(this.world.running.has(step.container) ? step.container : undefined, 137);
      if (this.view.life.stage !== 'running') return; // it was told to stop meanwhile
      this.check(this.world.sandbox && this.world.files, 'a container begins in a sandbox, with its volumes');
      this.check(!this.world.running.has(step.container), 'a container that runs is not started once more');
      this.world.running.add(step.container);
      const entry = this.entry(step.container);
      Object.assign(entry, { started: true, unhealthy: undefined, startsOver: false, ofFormerSandbox: false });
      entry.current = { id: step.container, attempt: 0, imageRef: '', imageId: '', startedAt: new Date(START_MS) };
      return;
    }
    this.view.atWork.delete(step.do);
    byStep<SimulatedNode, void>(deeds, this, step);
    this.settle(step);
  }

  private failed(step: PodStep): void {
    if ('container' in step) {
      this.entry(step.container).busy = false;
      return;
    }
    this.view.atWork.delete(step.do);
    this.view.retryAtMs = this.nowMs + retryAfterMs(step, ++this.failures);
  }

  /** What is under way has been done by the agent that ends, or has not; what it prepared may be half there. */
  private restart(done: boolean): void {
    if (this.view.atWork.has('prepare')) this.world.sandbox = true;
    for (const step of done ? this.underWay.splice(0) : []) this.finish(step);
    if (!this.world.inApi) return; // what an agent finds that the API has not is cleared, without a plan
    this.underWay = [];
    const { pod, entries } = this.view;
    const containers = entries.filter((e) => e.current && this.world.sandbox);
    const found = {
      sandbox: this.world.sandbox,
      addresses: this.world.sandbox,
      containers: containers.length,
      running: this.world.running.size,
    };
    const life = lifeFound(pod, found);
    this.view = {
      ...podView(pod, { life, podIps: ['10.0.0.2'], refreshAtMs: 0 }),
      entries: entries.map((e) => ({ ...e, busy: false })),
      atWork: new Set(),
    };
    this.failures = 0;
  }
}

const begin = (node: SimulatedNode, step: PodStep): void => node.begin(step);
const ended = ({ world }: SimulatedNode): boolean => world.running.size === 0;

/** What has to hold when a step is begun. */
const beginnings = {
  start: (node, step) => node.beginContainer(step.container, step),
  kill: (node, step) => node.beginContainer(step.container, step),
  restartAll: (node) => {
    for (const entry of node.view.entries) if (entry.current) entry.startsOver = true;
  },
  fail: (node, { failure }) => void (node.view.failure = failure),
  terminate: (node, step) => node.settle(step),
  prepare: begin,
  refreshVolumes: begin,
  unroute: begin,
  stopContainers: (node, step) => {
    node.check(!node.view.entries.some((e) => e.busy), 'what is being started or stopped comes to that first');
    node.begin(step);
  },
  removeSandbox: (node, step) => {
    node.check(ended(node), 'the sandbox stays as long as a container runs');
    node.begin(step);
  },
  reportFinalStatus: (node, step) => {
    node.check(node.view.pod.metadata.deletionTimestamp !== undefined, 'the last word is on a pod that is deleted');
    node.begin(step);
  },
  tearDownVolumes: (node, step) => {
    node.check(ended(node) && !node.world.sandbox, 'volumes outlive the containers');
    node.check(node.world.finalStatus || !node.world.inApi, 'what is in the API is told of first');
    node.begin(step);
  },
  removeFromApi: (node, step) => {
    node.check(!node.world.files, 'a pod is in the API as long as anything of it is here');
    node.begin(step);
  },
  forget: (node, step) => {
    node.check(!node.world.files && !node.world.sandbox && ended(node) && !node.world.inApi, 'nothing is forgotten that is there');
    node.settle(step);
  },
} satisfies StepTable<SimulatedNode, void>;

const nothing = (): void => undefined;

/** What a step does to the world. */
const deeds = {
  start: nothing,
  kill: nothing,
  restartAll: nothing,
  fail: nothing,
  terminate: nothing,
  prepare: ({ world, view }) => {
    world.sandbox = world.files = true;
    view.podIps = ['10.0.0.2'];
    view.refreshAtMs = undefined;
  },
  refreshVolumes: ({ view }) => void (view.refreshAtMs = undefined),
  unroute: nothing,
  stopContainers: (node) => {
    for (const name of node.world.running) node.exit(name, 137);
  },
  removeSandbox: ({ world }) => void (world.sandbox = false),
  reportFinalStatus: ({ world }) => void (world.finalStatus = true),
  tearDownVolumes: ({ world }) => void (world.files = false),
  removeFromApi: ({ world, view }) => void (world.inApi = view.inApi = false),
  forget: nothing,
} satisfies StepTable<SimulatedNode, void>;

const name = (role: string) => (_: unknown, i: number) => ({ name: `${role}${i}`, image: 'a' });
const pods: fc.Arbitrary<Pod> = fc
  .record({
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
    inits: fc.nat(2),
    sidecars: fc.nat(1),
    mains: fc.integer({ min: 1, max: 2 }),
    activeDeadlineSeconds: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  })
  .map(({ restartPolicy, inits, sidecars, mains, activeDeadlineSeconds }) => ({
    ...podOf({
      restartPolicy,
      activeDeadlineSeconds,
      initContainers: [
        ...Array.from({ length: sidecars }, name('side')).map((c) => ({ ...c, restartPolicy: 'Always' })),
        ...Array.from({ length: inits }, name('init')),
      ],
      containers: Array.from({ length: mains }, name('main')),
    }),
    status: { startTime: '2026-01-01T00:00:00Z' },
  }));

const lives = fc.oneof(
  fc
    .constantFrom<PodLife['stage']>('preparing', 'running', 'stopped', 'released', 'reported', 'cleared')
    .map((stage) => ({ stage }) as PodLife),
  fc.record({ stage: fc.constant('terminating' as const), graceMs: fc.nat(60_000), hasSandbox: fc.boolean(), unrouted: fc.boolean() }),
);
const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({
    what: fc.constantFrom<Happening['what']>('done', 'done', 'done', 'failed', 'exit', 'delete', 'unbind', 'restart', 'change', 'wait'),
    n: fc.nat(20_000),
  }),
  { maxLength: 40 },
);

/** A node as a pod of that life leaves it, with containers in any state that can be then. */
function nodeOf(pod: Pod, life: PodLife, states: readonly number[]): SimulatedNode {
  const sandbox = life.stage === 'running' || life.stage === 'terminating' || life.stage === 'stopped';
  const entries = entriesOf(pod).map((entry, i): ContainerEntry => {
    const state = (states[i] ?? 0) % 4;
    const mayRun = life.stage === 'running' || life.stage === 'terminating';
    if (state === 0 || life.stage === 'preparing') return entry;
    const current = { id: entry.name, attempt: 0, imageRef: '', imageId: '', startedAt: new Date(START_MS) };
    if (state === 1 && mayRun) return { ...entry, started: true, current, ...((states[i] ?? 0) % 8 === 5 && { unhealthy: 'probe' }) };
    return { ...entry, current: { ...current, terminated: { exitCode: state % 2 } } };
  });
  const running = new Set(entries.filter(isRunning).map((e) => e.name));
  const files = life.stage !== 'preparing' && life.stage !== 'cleared';
  const finalStatus = life.stage === 'reported' || life.stage === 'cleared';
  const view = podView(pod, { life, entries, ...(sandbox && { podIps: ['10.0.0.2'] }) });
  const node = new SimulatedNode(view, { sandbox, files, running, inApi: true, finalStatus });
  if (finalStatus) node.delete();
  return node;
}

describe('the plan of a pod, from whatever is seen', () => {
  const nodes = fc.tuple(pods, lives, fc.array(fc.nat(15), { maxLength: 5 })).map(([pod, life, states]) => ({ pod, life, states }));

  it('leads a deleted pod to its end, with nothing left, out of order or done twice', () => {
    fc.assert(
      fc.property(nodes, happenings, ({ pod, life, states }, events) => {
        const node = nodeOf(pod, life, states);
        for (const event of events) {
          node.turn();
          node.happen(event);
        }
        node.delete();
        node.runToRest();
        expect(node.wrong).toEqual([]);
        expect(node.view.life.stage).toBe('gone');
        expect(node.world).toMatchObject({ sandbox: false, files: false, running: new Set(), inApi: false });
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes to rest with a pod that nobody deletes: it runs, or has ended and holds no more than its files', () => {
    fc.assert(
      fc.property(nodes, ({ pod, life, states }) => {
        fc.pre(life.stage !== 'reported' && life.stage !== 'cleared');
        const node = nodeOf(pod, life, states);
        node.runToRest();
        expect(node.wrong).toEqual([]);
        const { stage } = node.view.life;
        if (stage === 'running') return expect(node.world.running.size).toBeGreaterThan(0);
        expect(stage).toBe('released');
        expect(hasStopped(node.view.life) && !node.world.sandbox && node.world.running.size === 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['stopped', 'released', 'reported', 'cleared', 'removed'] as const)('begins nothing anew once it is %s', (stage) => {
    fc.assert(
      fc.property(pods, fc.array(fc.nat(3), { maxLength: 5 }), (pod, states) => {
        const node = nodeOf(pod, { stage }, states);
        expect(planPod(node.view, START_MS).steps.filter((step) => 'container' in step || step.do === 'prepare')).toEqual([]);
      }),
    );
  });
});
