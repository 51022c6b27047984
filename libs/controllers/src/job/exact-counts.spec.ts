import fc from 'fast-check';
import { controllerReference } from '#controller-runtime';
import type { Job, Pod } from '#api/types';
import { ended, job } from '../testing/jobs.ts';
import { jobKind } from './controller.ts';
import { isTracked, trackingFinalizer } from './job-pods.ts';
import { podOfJob } from './pod-of-job.ts';
import { type Action, reconcile } from './reconcile.ts';

/** A Job and its pods, with a controller that is killed between any two of its writes. */
class World {
  readonly pods = new Map<string, Pod>();
  readonly ended = { Succeeded: new Set<string>(), Failed: new Set<string>() };
  private made = 0;
  private readonly at = Date.parse('2026-01-01T01:00:00Z');
  private seconds = 0;

  constructor(public job: Job) {}

  get now(): Date {
    return new Date(this.at + this.seconds * 1000);
  }

  /** Looks, and carries out the first `writes` of what is to be done. */
  step(writes: number): void {
    this.seconds += 600; // no pod waits for a failure
    const { actions } = reconcile({ job: this.job, pods: [...this.pods.values()] }, this.now);
    let left = writes;
    for (const action of actions) {
      for (const write of this.writesOf(action)) {
        if (left-- <= 0) return;
        write();
      }
    }
  }

  end(which: number, phase: 'Succeeded' | 'Failed'): void {
    const running = [...this.pods.values()].filter(({ status }) => status?.phase === 'Running');
    const pod = running[which % Math.max(1, running.length)];
    if (!pod) return;
    if (isTracked(pod)) this.ended[phase].add(pod.metadata.uid ?? '');
    this.put({ ...pod, status: ended(phase === 'Succeeded' ? 0 : 1, this.now.toISOString()) });
  }

  /** As the garbage collector for pods, or a person, would. */
  remove(which: number): void {
    const over = [...this.pods.values()].filter(({ status }) => status?.phase !== 'Running');
    const pod = over[which % Math.max(1, over.length)];
    if (pod) this.delete(pod);
  }

  private *writesOf(action: Action): Iterable<() => void> {
    switch (action.do) {
      case 'createPods':
        for (const pod of action.pods) {
          const made = podOfJob(this.job, pod, controllerReference(this.job, jobKind)) as Pod;
          const uid = `pod-${this.made++}`;
          yield () => this.put({ ...made, metadata: { ...made.metadata, name: uid, uid }, status: { phase: 'Running' } });
        }
        return;
      case 'dropPods':
        for (const pod of action.pods) {
          yield () => this.untrack(pod);
          yield () => this.delete(pod);
        }
        return;
      case 'deletePods':
        for (const pod of action.pods) yield () => this.delete(pod);
        return;
      case 'untrackPods':
        for (const pod of action.pods) yield () => this.untrack(pod);
        return;
      case 'updateStatus':
        yield () => void (this.job = { ...this.job, status: action.status });
        return;
      case 'adoptPod':
      case 'releasePod':
        throw new Error(`nothing is to be ${action.do}`);
    }
  }

  private put(pod: Pod): void {
    const { uid = '', deletionTimestamp, finalizers = [] } = pod.metadata;
    // A node ends what goes; a pod stays for its finalizers alone.
    if (deletionTimestamp && finalizers.length === 0) this.pods.delete(uid);
    else this.pods.set(uid, pod);
  }

  private untrack({ metadata: { uid = '' } }: Pod): void {
    const pod = this.pods.get(uid);
    if (!pod) return;
    const finalizers = (pod.metadata.finalizers ?? []).filter((name) => name !== trackingFinalizer);
    this.put({ ...pod, metadata: { ...pod.metadata, finalizers } });
  }

  private delete({ metadata: { uid = '' } }: Pod): void {
    const pod = this.pods.get(uid);
    if (pod) this.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: this.now.toISOString() } });
  }
}

const events = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('step' as const), writes: fc.nat(4) }),
    fc.record({ do: fc.constantFrom('succeed' as const, 'fail' as const, 'remove' as const), which: fc.nat(5) }),
  ),
  { maxLength: 60 },
);

it.each([
  ['NonIndexed', { completions: 6, parallelism: 3, backoffLimit: 1000 }],
  ['Indexed', { completions: 6, parallelism: 3, backoffLimit: 1000, completionMode: 'Indexed' }],
  ['per index', { completions: 6, parallelism: 3, backoffLimit: 2 ** 31 - 1, completionMode: 'Indexed', backoffLimitPerIndex: 1000 }],
  ['replaced when gone', { completions: 6, parallelism: 3, backoffLimit: 1000, podReplacementPolicy: 'Failed' }],
])('counts each pod of a Job exactly once, wherever its controller is killed: %s', (_mode, spec) => {
  fc.assert(
    fc.property(events, (list) => {
      const world = new World(job(spec));
      for (const event of list) {
        if (event.do === 'step') world.step(event.writes);
        else if (event.do === 'remove') world.remove(event.which);
        else world.end(event.which, event.do === 'succeed' ? 'Succeeded' : 'Failed');
      }
      for (let round = 0; round < 40; round++) {
        world.step(Infinity);
        world.end(0, 'Succeeded');
      }
      const { status } = world.job;
      expect(status?.conditions?.filter((each) => each.status === 'True').map(({ type }) => type)).toEqual([
        'SuccessCriteriaMet',
        'Complete',
      ]);
      expect([status?.succeeded, status?.failed ?? 0]).toEqual([6, world.ended.Failed.size]);
      expect([status?.uncountedTerminatedPods, status?.active, status?.terminating]).toEqual([{}, undefined, 0]);
      expect([...world.pods.values()].filter(isTracked)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
