import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodSpec } from '#api/types';
import { resources } from '#objects';
import { RuntimeError } from '#runtime/contract';
import type { ContainerEntry } from '../observed.ts';
import type { PodView } from '../pod-view.ts';
import { byStep, type PodStep } from '../pod-life.ts';
import { PodPaths } from '../pod-paths.ts';
import { podStatus } from '../pod-status.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { podView } from '../testing/pod-view.ts';
import { executors, type PodWork } from './executors.ts';

describe('the steps of a pod', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'pod-steps-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  /** A pod in the API whose containers run as they are listed. */
  async function setUp(spec: Partial<PodSpec> = {}, ...running: string[]) {
    const agent = fakeAgent(rootDir);
    const pod = podOf(spec);
    agent.api.put(resources.pods, pod);
    const view: PodView & { entries: ContainerEntry[] } = { ...podView(pod), entries: [...podView(pod).entries] };
    if (running.length > 0)
      await agent.runtime.createSandbox({ id: 'uid-a', hostname: 'a', cgroupPath: '/p', hostNetwork: false, labels: {} });
    for (const entry of view.entries.filter(({ name }) => running.includes(name))) {
      await agent.runtime.create({ ...container, id: entry.name, name: entry.name, image: agent.image });
      const { startedAt } = await agent.runtime.start(entry.name);
      entry.current = { id: entry.name, attempt: 0, imageRef: '', imageId: '', startedAt };
    }
    agent.runtime.calls.length = 0;
    const asked: string[] = [];
    const worker = (name: string) => ({
      start: () => void asked.push(`start ${name}`),
      restart: (why: string) => void asked.push(`restart ${name}: ${why}`),
      probeReadinessOnly: () => void asked.push(`readiness only ${name}`),
      ended: async () => void asked.push(`ended ${name}`),
    });
    const faults: { setUp?: Error; refresh?: Error } = {};
    const volume = (verb: string, fault?: Error) => async (): Promise<void> => {
      asked.push(`volumes ${verb}`);
      if (fault) throw fault;
    };
    const work: PodWork = {
      context: agent.context,
      paths: new PodPaths(rootDir, 'uid-a'),
      volumes: {
        setUp: () => volume('set up', faults.setUp)(),
        refresh: () => volume('refreshed', faults.refresh)(),
        tearDown: volume('torn down'),
      },
      objects: { release: () => void asked.push('objects released') },
      containers: new Map(view.entries.map(({ name }) => [name, worker(name)])),
      starting: new AbortController(),
      hurry: new AbortController().signal,
      view: () => view,
      status: () => podStatus(view, { hostIps: ['10.0.0.1'], now: agent.clock.now() }),
      note: (seen) => void Object.assign(view, seen),
      event: ({ reason, message }, name) => void agent.events.push(`${reason}${name ? ` ${name}` : ''}: ${message}`),
      done: () => void asked.push('done'),
    };
    const carryOut = (step: PodStep): Promise<void> | void => byStep<PodWork, Promise<void> | void>(executors, work, step);
    return { ...agent, view, asked, faults, work, carryOut };
  }
  const container = {
    sandboxId: 'uid-a',
    labels: {},
    args: [],
    env: [],
    cwd: '/',
    user: '',
    mounts: [],
    resources: {},
    readonlyRootfs: false,
    privileged: false,
    capabilities: { add: [], drop: [] },
    noNewPrivileges: false,
    seccomp: 'default' as const,
    pidNamespace: 'container' as const,
    tty: false,
    stdin: false,
    logPath: '/dev/null',
  };
  const two: Partial<PodSpec> = { containers: [{ name: 'c' }, { name: 'd' }] };

  it.each<[PodStep, string[]]>([
    [{ do: 'start', container: 'd' }, ['start d']],
    [{ do: 'kill', container: 'd', why: 'it hangs' }, ['restart d: it hangs']],
    [{ do: 'restartAll', why: 'c asks for it' }, ['restart c: c asks for it']],
  ])('%j is for the worker of that container', async (step, want) => {
    const { carryOut, asked } = await setUp(two, 'c');
    await carryOut(step);
    expect(asked).toEqual(want);
  });

  it('restartAll lets every container that was there begin anew', async () => {
    const { carryOut, view } = await setUp(two, 'c');
    await carryOut({ do: 'restartAll', why: '' });
    expect(view.entries.map(({ startsOver }) => startsOver)).toEqual([true, undefined]);
  });

  it('fail tells why, and notes it', async () => {
    const { carryOut, view, events } = await setUp();
    await carryOut({ do: 'fail', failure: { reason: 'DeadlineExceeded', message: 'too long' } });
    expect(events).toEqual(['DeadlineExceeded: too long']);
    expect(view.failure).toMatchObject({ reason: 'DeadlineExceeded' });
  });

  it('terminate tells of what runs, and lets nothing be started or restarted any more', async () => {
    const { carryOut, events, work, asked } = await setUp(two, 'c');
    await carryOut({ do: 'terminate', graceMs: 1 });
    expect(events).toEqual(['Killing c: Stopping container c']);
    expect(work.starting.signal.aborted).toBe(true);
    expect(asked).toEqual(['readiness only c', 'readiness only d']);
  });

  describe('prepare', () => {
    it('makes sandbox, address, files and volumes, also a second time', async () => {
      const { carryOut, view, runtime, attached, asked, work } = await setUp();
      await carryOut({ do: 'prepare' });
      await carryOut({ do: 'prepare' });
      expect(view.podIps).toEqual(['10.244.0.2']);
      expect([...attached]).toEqual([['uid-a', ['10.244.0.2']]]);
      expect(asked).toEqual(['volumes set up', 'volumes set up']);
      expect(runtime.limits.get('uid-a')).toMatchObject({ pidsLimit: 4096 });
      expect([work.paths.hosts, work.paths.resolvConf, work.paths.hostname].every(existsSync)).toBe(true);
    });

    it.each([
      ['FailedCreatePodSandBox: Failed to create pod sandbox: no cgroup', 'sandbox'],
      ['FailedCreatePodSandBox: Failed to create pod sandbox: no space left on device', 'disk'],
      [
        "FailedCreatePodSandBox: Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces",
        'users',
      ],
    ])('says %s', async (says, what) => {
      const { carryOut, events, runtime, asked } = await setUp(what === 'users' ? { hostUsers: false } : {});
      if (what !== 'users')
        runtime.createSandbox = async () => {
          throw what === 'disk'
            ? Object.assign(new Error('ENOSPC: /root/x'), { code: 'ENOSPC' })
            : new RuntimeError('start-failed', 'no cgroup');
        };
      await expect(carryOut({ do: 'prepare' })).rejects.toThrow(says.slice(says.indexOf(' ') + 1));
      expect(events).toEqual([says]);
      expect(asked).toEqual(['volumes set up']); // which came to its end before
    });

    it('keeps the address when only volumes are missing', async () => {
      const { carryOut, faults, view } = await setUp();
      faults.setUp = new Error('no');
      await expect(carryOut({ do: 'prepare' })).rejects.toThrow('no');
      expect(view.podIps).toEqual(['10.244.0.2']);
    });

    it('gives a pod on the network of its node the node’s addresses', async () => {
      const { carryOut, view, attached } = await setUp({ hostNetwork: true });
      await carryOut({ do: 'prepare' });
      expect([view.podIps, attached.size]).toEqual([['10.0.0.1'], 0]);
    });
  });

  it('refreshVolumes fails no pod', async () => {
    const { carryOut, faults, asked } = await setUp();
    faults.refresh = new Error('no');
    await carryOut({ do: 'refreshVolumes' });
    expect(asked).toEqual(['volumes refreshed']);
  });

  it('unroute waits for as long as it is given', async () => {
    const { carryOut, unrouted } = await setUp();
    await carryOut({ do: 'unroute', withinMs: 7 });
    expect(unrouted).toEqual([7]);
  });

  it('stopContainers ends what runs and waits until its end is noted', async () => {
    const { carryOut, runtime, asked } = await setUp(two, 'c');
    await carryOut({ do: 'stopContainers', graceMs: 1_000 });
    expect(runtime.calls).toEqual(['kill c SIGTERM']);
    expect(asked).toEqual(['ended c', 'ended d']);
  });

  it('removeSandbox takes containers, address and sandbox, also where they are gone', async () => {
    const { carryOut, runtime, attached, asked } = await setUp({}, 'c');
    await carryOut({ do: 'prepare' });
    runtime.calls.length = asked.length = 0;
    await carryOut({ do: 'removeSandbox' });
    expect(runtime.calls).toEqual(['remove c', 'removeSandbox']);
    expect([attached.size, asked]).toEqual([0, ['objects released']]);
    await carryOut({ do: 'removeSandbox' });
    expect(await runtime.listSandboxes()).toEqual([]);
  });

  it('reportFinalStatus returns when the API has the status', async () => {
    const { carryOut, api, view } = await setUp();
    view.life = { stage: 'stopped' };
    await carryOut({ do: 'reportFinalStatus' });
    expect(api.all<Pod>(resources.pods)[0]?.status).toMatchObject({ phase: 'Failed' });
  });

  it('tearDownVolumes is the volumes’', async () => {
    const { carryOut, asked } = await setUp();
    await carryOut({ do: 'tearDownVolumes' });
    expect(asked).toEqual(['volumes torn down']);
  });

  it('removeFromApi removes this pod, once, and no namesake', async () => {
    const { carryOut, api } = await setUp();
    await carryOut({ do: 'removeFromApi' });
    expect(api.all(resources.pods)).toEqual([]);
    await carryOut({ do: 'removeFromApi' });
    api.put(resources.pods, podOf({}, { uid: 'another' }));
    await carryOut({ do: 'removeFromApi' });
    expect(api.all(resources.pods)).toHaveLength(1);
  });

  it('forget is the last', async () => {
    const { carryOut, asked } = await setUp();
    await carryOut({ do: 'forget' });
    expect(asked).toEqual(['done']);
  });
});
