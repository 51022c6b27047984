import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodStatus } from '#api/types';
import { resources } from '#objects';
import { RuntimeError } from '#runtime/contract';
import { shutdownGroups } from '../shutdown-plan.ts';
import { shutDownForGood, shutDownPods } from './shut-down.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import type { PodView } from '../pod-view.ts';
import { PodWorker } from './pod-worker.ts';

describe('pod worker', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'pod-worker-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  function setUp(pod: Pod) {
    const { context, clock, api, runtime, attached, events, unrouted } = fakeAgent(rootDir);
    api.put(resources.pods, pod);
    let gone = false;
    const refusal: Pick<PodView, 'resize'> = {};
    const worker = new PodWorker(context, pod, undefined, { done: () => (gone = true), refuseResize: () => refusal.resize });
    const status = (): PodStatus => api.all<Pod>(resources.pods)[0]?.status ?? {};
    /** Time passes, and what is done on disk gets done. */
    const settle = async (ms = 0): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        await clock.advance(i === 0 ? ms : 0);
        await new Promise((resolve) => process.nextTick(resolve));
      }
      await clock.advance(0);
    };
    const until = async (what: () => boolean): Promise<void> => {
      // What is done on disk takes as many turns as a busy machine needs.
      for (let i = 0; i < 5_000 && !what(); i++) await settle();
      if (!what()) throw new Error(`never came: ${what.toString()}; ${JSON.stringify(worker.status())} ${runtime.calls.join()}`);
    };
    worker.wake();
    return { context, clock, api, runtime, worker, status, settle, until, events, attached, unrouted, refusal, isGone: () => gone };
  }

  it('brings a pod up: sandbox, address, container, Ready', async () => {
    const { runtime, status, until } = setUp(podOf());
    await until(() => status().conditions?.find((c) => c.type === 'Ready')?.status === 'True');
    expect(runtime.calls).toEqual(['createSandbox', 'create c', 'start c']);
    expect(runtime.limits.get('uid-a')).toMatchObject({ pidsLimit: 4096 });
    expect(status()).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', hostIP: '10.0.0.1', qosClass: 'BestEffort' });
    expect(status().containerStatuses?.[0]).toMatchObject({ ready: true, started: true, restartCount: 0, state: { running: {} } });
  });

  it('is over when its node is shut down for good, after those that matter less', async () => {
    const rig = setUp(podOf({ priority: 2_000_000_000, terminationGracePeriodSeconds: 60 }));
    const { clock, runtime, status, until, settle, worker } = rig;
    await until(() => status().phase === 'Running');
    const cheap = podOf({ priority: -1 }, { name: 'cheap' });
    const other = {
      currentPod: cheap,
      fail: () => void runtime.calls.push('cheap is given up'),
      stopped: new Promise<void>(() => undefined),
    };
    const pods = { all: () => [worker, other as unknown as PodWorker], refuse: () => void runtime.calls.push('others are refused') };
    runtime.calls.length = 0;
    const done = shutDownForGood(clock, pods, shutdownGroups(15_000, 5_000));
    await settle(10_000);
    await until(() => status().phase === 'Failed');
    await done;
    expect(runtime.calls.slice(0, 3)).toEqual(['others are refused', 'cheap is given up', 'kill c SIGTERM']);
    expect(status()).toMatchObject({ reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
    expect(status().conditions).toContainEqual(expect.objectContaining({ type: 'DisruptionTarget', reason: 'TerminationByKubelet' }));
  });

  describe('when its node is shut down', () => {
    const shutDown = ({ context, worker }: ReturnType<typeof setUp>, withinMs: number): Promise<void> =>
      shutDownPods(context, { all: () => [worker], stop: () => worker.detach() }, withinMs);

    it('is asked to end, and is still to run', async () => {
      const rig = setUp(podOf());
      const { runtime, status, until, settle, events, api } = rig;
      await until(() => status().phase === 'Running');
      const signals: string[] = [];
      runtime.onSignal = (id, signal) => (signals.push(signal), runtime.end(id, 0));
      await shutDown(rig, 30_000);
      await settle(60_000);
      expect(signals).toEqual(['SIGTERM']);
      expect(events).toContain('Killing: Stopping container c');
      expect(runtime.calls.filter((call) => call.startsWith('create c'))).toHaveLength(1);
      expect(status()).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0, state: { running: {} } }] });
      expect(api.all(resources.pods)).toHaveLength(1);
    });

    it('is left to its deletion where that is under way', async () => {
      const rig = setUp(podOf());
      const { runtime, status, until, settle, worker } = rig;
      await until(() => status().phase === 'Running');
      const signals: string[] = [];
      runtime.onSignal = (_id, signal) => signals.push(signal);
      worker.update(podOf({}, { deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 20 }));
      await settle(2_000);
      let over = false;
      const done = shutDown(rig, 30_000).then(() => (over = true));
      await settle(1_000);
      expect({ signals, over }).toEqual({ signals: ['SIGTERM'], over: false });
      runtime.end(runtime.running('c')!.id, 0);
      await settle();
      await done;
      expect(signals).toEqual(['SIGTERM']);
    });

    it.each([
      { name: 'its own grace period', own: 5, withinMs: 30_000, endsMs: 5_000 },
      { name: 'the time that all have', own: 60, withinMs: 10_000, endsMs: 10_000 },
    ])('is killed after $name', async ({ own, withinMs, endsMs }) => {
      const rig = setUp(podOf({ terminationGracePeriodSeconds: own }));
      const { runtime, status, until, settle } = rig;
      await until(() => status().phase === 'Running');
      const signals: string[] = [];
      runtime.onSignal = (id, signal) => (signals.push(signal), signal === 'SIGKILL' && runtime.end(id, 137));
      const done = shutDown(rig, withinMs);
      await settle(endsMs - 1);
      expect(signals).toEqual(['SIGTERM']);
      await settle(1);
      await done;
      expect(signals).toEqual(['SIGTERM', 'SIGKILL']);
    });
  });

  it('restarts a container at once, then after 10 s, 20 s …, and says so', async () => {
    const { runtime, status, until, clock, events } = setUp(podOf());
    await until(() => runtime.running('c') !== undefined);
    runtime.end(runtime.running('c')!.id, 1);
    await until(() => status().containerStatuses?.[0]?.restartCount === 1 && runtime.running('c') !== undefined);
    runtime.end(runtime.running('c')!.id, 1);
    await until(() => status().containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(status().containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'back-off 10s restarting failed container=c pod=a_default(uid-a)',
    );
    expect(status().containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    await clock.advance(9_900);
    expect(runtime.running('c')).toBeUndefined();
    await clock.advance(200);
    await until(() => status().containerStatuses?.[0]?.restartCount === 2);
    expect(events).toContain('BackOff: Back-off restarting failed container c in pod a_default(uid-a)');
  });

  it('makes all anew when a container ends with a code that asks for it (KEP-5532)', async () => {
    const exitCodes = { operator: 'In', values: [42] };
    const ruled = { restartPolicy: 'Never', restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes }] };
    const containers = [
      { name: 'a', image: 'app:v1', ...ruled },
      { name: 'b', image: 'app:v1' },
    ];
    const { runtime, until, status } = setUp(
      podOf({ restartPolicy: 'Never', initContainers: [{ name: 'i', image: 'app:v1' }], containers }),
    );
    await until(() => runtime.running('i') !== undefined);
    runtime.end(runtime.running('i')!.id, 0);
    await until(() => runtime.running('a') !== undefined && runtime.running('b') !== undefined);
    runtime.calls.length = 0;
    runtime.end(runtime.running('a')!.id, 42);
    await until(() => runtime.running('i') !== undefined);
    expect(runtime.calls).toEqual(['kill b SIGTERM', 'create i', 'start i', 'remove i']);
    runtime.end(runtime.running('i')!.id, 0);
    await until(() => status().containerStatuses?.every(({ restartCount, ready }) => ready && restartCount === 1) ?? false);
  });

  it('makes all anew after a restart of the machine: sandbox, init containers, containers, without back-off', async () => {
    const initContainers = [{ name: 'i', image: 'app:v1' }];
    const before = setUp(podOf({ initContainers }));
    const { runtime, api, context, until, status, events } = before;
    await until(() => runtime.running('i') !== undefined);
    runtime.end(runtime.running('i')!.id, 0);
    await until(() => status().phase === 'Running');
    before.worker.detach();
    runtime.end(runtime.running('c')!.id, 137);
    await runtime.removeSandbox('uid-a');
    runtime.calls.length = 0;

    const found = { containers: await runtime.list(), hasSandbox: false, sandboxIps: undefined };
    new PodWorker(context, api.all<Pod>(resources.pods)[0]!, found, { done: () => undefined, refuseResize: () => undefined }).wake();
    await until(() => runtime.running('i') !== undefined);
    expect(runtime.calls.slice(0, 3)).toEqual(['createSandbox', 'create i', 'start i']);
    expect(events).toContain('SandboxChanged: Pod sandbox changed, it will be killed and re-created.');
    expect(runtime.running('c')).toBeUndefined();
    runtime.end(runtime.running('i')!.id, 0);
    await until(() => status().containerStatuses?.[0]?.restartCount === 1 && runtime.running('c') !== undefined);
    expect(status().containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 137 });
    expect(events.filter((event) => event.startsWith('BackOff'))).toEqual([]);
  });

  it('counts a program that cannot be run as ended with 128', async () => {
    const { runtime, status, until } = setUp(podOf({ restartPolicy: 'Never' }));
    runtime.refuse = () => new RuntimeError('start-failed', 'executable file `x` not found in $PATH');
    await until(() => status().phase === 'Failed');
    expect(status().containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });

  it('runs init containers one after the other, then the rest, to success', async () => {
    const initContainers = [
      { name: 'i1', image: 'app:v1' },
      { name: 'i2', image: 'app:v1' },
    ];
    const { runtime, status, until, attached } = setUp(podOf({ restartPolicy: 'Never', initContainers }));
    await until(() => runtime.running('i1') !== undefined);
    expect(runtime.running('i2')).toBeUndefined();
    expect(status().phase).toBe('Pending');
    runtime.end(runtime.running('i1')!.id, 0);
    await until(() => runtime.running('i2') !== undefined);
    runtime.end(runtime.running('i2')!.id, 0);
    await until(() => runtime.running('c') !== undefined);
    runtime.end(runtime.running('c')!.id, 0);
    await until(() => status().phase === 'Succeeded' && attached.size === 0);
    expect(status().initContainerStatuses?.map((s) => s.state?.terminated?.reason)).toEqual(['Completed', 'Completed']);
  });

  it('takes a deleted pod out of service, then runs its hook, then signals it, then removes it', async () => {
    const preStop = { exec: { command: ['bye'] } };
    const { runtime, worker, until, api, clock, unrouted, isGone } = setUp(
      podOf({ containers: [{ name: 'c', image: 'app:v1', lifecycle: { preStop } }] }),
    );
    await until(() => runtime.running('c') !== undefined);
    runtime.calls.length = 0;
    let ms = 0;
    clock.monotonicMs = () => (ms += 0.25); // as a real one counts
    worker.update({
      ...worker.currentPod,
      metadata: { ...worker.currentPod.metadata, deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
    });
    await until(isGone);
    expect(unrouted).toEqual([2000]);
    expect(runtime.calls).toEqual(['exec bye', 'kill c SIGTERM', 'remove c', 'removeSandbox']);
    expect(api.all(resources.pods)).toEqual([]);
  });

  it('says of a deleted pod that it is ready for as long as its readiness probe passes', async () => {
    const probe = (word: string) => ({ exec: { command: [word] }, periodSeconds: 1, failureThreshold: 1 });
    const container = { name: 'c', image: 'app:v1', readinessProbe: probe('ready'), livenessProbe: probe('alive') };
    const { runtime, worker, until, status, clock, isGone } = setUp(podOf({ containers: [container] }));
    const ready = (): string | undefined => status().conditions?.find((c) => c.type === 'Ready')?.status;
    await until(() => ready() === 'True');
    runtime.onSignal = () => undefined; // it finishes what it has begun
    worker.update({
      ...worker.currentPod,
      metadata: { ...worker.currentPod.metadata, deletionTimestamp: 'x', deletionGracePeriodSeconds: 60 },
    });
    await until(() => runtime.calls.includes('kill c SIGTERM'));
    runtime.calls.length = 0;
    await clock.advance(5_000);
    expect([ready(), status().containerStatuses?.[0]?.ready]).toEqual(['True', true]);
    expect(runtime.calls).toContain('exec ready');
    expect(runtime.calls).not.toContain('exec alive');
    runtime.onExec = () => 1;
    await clock.advance(1_000);
    await until(() => ready() === 'False');
    expect(status()).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: false, started: true }] });
    runtime.end(runtime.running('c')!.id, 0);
    await until(isGone);
  });

  it('takes a pod that the node gives up out of service at once: nothing else tells of it', async () => {
    const { runtime, worker, until, status } = setUp(podOf());
    await until(() => status().conditions?.find((c) => c.type === 'Ready')?.status === 'True');
    runtime.onSignal = () => undefined;
    worker.fail({ reason: 'Evicted', message: 'no room' });
    await until(() => runtime.calls.includes('kill c SIGTERM'));
    expect(status().phase).toBe('Running');
    expect(status().conditions?.find((c) => c.type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' });
  });

  it('kills what does not end within its grace period', async () => {
    const { runtime, worker, until, clock, isGone } = setUp(podOf());
    await until(() => runtime.running('c') !== undefined);
    runtime.onSignal = (id, signal) => {
      if (signal === 'SIGKILL') runtime.end(id, 137);
    };
    worker.update({
      ...worker.currentPod,
      metadata: { ...worker.currentPod.metadata, deletionTimestamp: 'x', deletionGracePeriodSeconds: 5 },
    });
    await until(() => runtime.calls.includes('kill c SIGTERM'));
    expect(runtime.calls).not.toContain('kill c SIGKILL');
    await clock.advance(5_000);
    await until(isGone);
    expect(runtime.calls).toContain('kill c SIGKILL');
  });

  it('knows after a restart of the agent why a pod was given up', async () => {
    const status = { phase: 'Failed', reason: 'SysctlForbidden', message: 'Pod was rejected: no' };
    const { worker } = setUp({ ...podOf(), status });
    expect(worker.status()).toMatchObject({ ...status, containerStatuses: [] });
  });

  it('resizes running containers when the node has room, and restarts those that want it', async () => {
    const resources = (cpu: string) => ({ requests: { cpu } });
    const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    const containers = (cpu: string) => [
      { name: 'c', image: 'app:v1', resources: resources(cpu) },
      { name: 'd', image: 'app:v1', resources: resources(cpu), resizePolicy },
    ];
    const { runtime, worker, until, status, refusal } = setUp(podOf({ containers: containers('100m') }));
    await until(() => runtime.running('c') !== undefined && runtime.running('d') !== undefined);
    const condition = (type: string) => status().conditions?.find((c) => c.type === type && c.status === 'True');
    refusal.resize = { reason: 'Deferred', message: 'not now' };
    worker.update({ ...worker.currentPod, spec: { ...worker.currentPod.spec, containers: containers('200m') } });
    await until(() => condition('PodResizePending') !== undefined);
    expect(condition('PodResizePending')).toMatchObject({ status: 'True', reason: 'Deferred', message: 'not now' });
    expect(status().containerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '100m' });
    runtime.calls.length = 0;
    refusal.resize = undefined;
    worker.wake();
    await until(() => status().containerStatuses?.[1]?.restartCount === 1 && status().containerStatuses?.[1]?.state?.running !== undefined);
    expect(runtime.calls.filter((call) => /update|kill|start/.test(call))).toEqual(
      expect.arrayContaining(['updateSandbox 409', 'update c 204', 'kill d SIGTERM', 'start d']),
    );
    await until(() => condition('PodResizePending') === undefined && condition('PodResizeInProgress') === undefined);
    expect(status().containerStatuses?.map((c) => c.allocatedResources)).toEqual([{ cpu: '200m' }, { cpu: '200m' }]);
  });

  it('waits with CreateContainerConfigError for a ConfigMap, and starts when it comes', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } }];
    const { runtime, status, until, api } = setUp(podOf({ containers: [{ name: 'c', image: 'app:v1', env }] }));
    await until(() => status().containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    expect(status().containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "cm" not found');
    api.put(resources.configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: 'cm' },
      data: { a: 'x' },
    } as never);
    await until(() => runtime.running('c') !== undefined);
    expect([...runtime.entries.values()][0]?.spec.env).toContain('A=x');
  });
});
