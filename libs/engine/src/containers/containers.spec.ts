import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeImages, FakeRuntime } from '#agent/testing';
import { nextTurn, systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { RuntimeError } from '#runtime/contract';
import type { Image } from '#runtime/images.contract';
import { silentLogger } from '#telemetry';
import { Engine } from '../engine.ts';
import { createContainer } from './create-container.ts';
import type { ContainerRecord } from './record.ts';

const image: Image = {
  id: `sha256:${'1'.repeat(64)}`,
  names: [],
  repoDigests: [],
  diffIds: [],
  sizeBytes: 1,
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
};

/** Nothing in these cases has files to look at. */
const notAsked = (): never => {
  throw new Error('this was not to be asked');
};

describe('the life of a container', () => {
  let directory: string;
  let clock: ManualClock;
  let runtime: FakeRuntime;
  let attached: Map<string, readonly string[]>;
  let engine: Engine;

  const open = async (): Promise<Engine> => {
    const images = new FakeImages();
    images.publish('bb', image);
    await images.pull('bb');
    return Engine.open({
      name: 'node',
      rootDir: directory,
      cgroupRoot: '/engine',
      runtime,
      images,
      building: { layersOf: notAsked, newUpper: notAsked, withRoot: notAsked } as never,
      mounts: { bindWithin: notAsked, unmount: notAsked, leadsAway: (path: string) => path.startsWith('/proc/1/') } as never,
      logs: { read: notAsked },
      build: notAsked,
      links: {
        bridge: {
          subnet: '172.17.0.0/16',
          dns: ['10.96.0.10'],
          network: {
            attach: async ({ sandboxId }) => {
              attached.set(sandboxId, ['172.17.0.2']);
              return { ips: ['172.17.0.2'] };
            },
            detach: async (id) => void attached.delete(id),
            list: async () => attached,
          },
        },
        loopback: async () => undefined,
      },
      clock,
      random: systemRandom,
      logger: silentLogger,
    });
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'engine-'));
    clock = new ManualClock();
    runtime = new FakeRuntime(clock);
    attached = new Map();
    engine = await open();
  });
  afterEach(() => rm(directory, { recursive: true }));

  const create = (name: string, hostConfig: object = {}): Promise<ContainerRecord> =>
    createContainer(engine, { Image: 'bb', Cmd: ['sleep'], HostConfig: hostConfig }, name);
  const started = async (name: string, hostConfig: object = {}): Promise<ContainerRecord> => {
    const record = await create(name, hostConfig);
    await engine.containers.start(record);
    return record;
  };
  const status = (record: ContainerRecord): string => engine.containers.status(record);
  const ended = async (record: ContainerRecord, exitCode: number): Promise<void> => {
    const { settled } = engine.containers.live(record.id);
    runtime.end(record.id, exitCode);
    await settled;
  };
  /** Files are written meanwhile, which no clock tells of. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await nextTurn();
  };
  /** As after `kill -9`: what is on disk and in the runtime is all there is. */
  const reopen = async (): Promise<void> => {
    engine.close();
    engine = await open();
  };

  it('begins on disk: what was created is there for the next engine', async () => {
    const { id } = await create('one');
    await reopen();
    expect(engine.containers.book.find('one')).toMatchObject({ id, name: 'one', state: { status: 'created' } });
  });

  it('leaves no trace of a container that nobody was told of', async () => {
    const record = await create('one');
    await writeFile(join(engine.containers.book.directory(record.id), 'container.json.1.0.tmp'), 'half');
    await rm(join(engine.containers.book.directory(record.id), 'container.json'));
    await reopen();
    expect(engine.containers.book.list()).toEqual([]);
    await create('one');
  });

  it('goes from created to running to exited, and again', async () => {
    const record = await create('one');
    expect(status(record)).toBe('created');
    await engine.containers.start(record);
    expect([status(record), attached.size]).toEqual(['running', 1]);
    await ended(record, 3);
    expect([status(record), record.state.exitCode, attached.size, await runtime.listSandboxes()]).toEqual(['exited', 3, 0, []]);
    await engine.containers.start(record);
    expect([status(record), record.state.exitCode]).toEqual(['running', 0]);
  });

  it('is started once', async () => {
    await expect(engine.containers.start(await started('one'))).rejects.toMatchObject({ status: 304 });
  });

  it('keeps the reason of a start that failed, and nothing else of it', async () => {
    runtime.refuse = () =>
      new RuntimeError('start-failed', 'unable to start container process: exec: "x": executable file not found in $PATH');
    const record = await create('one');
    await expect(engine.containers.start(record)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('executable file not found'),
    });
    expect([status(record), record.state.exitCode, attached.size, await runtime.listSandboxes()]).toEqual(['created', 127, 0, []]);
  });

  it('makes a directory of a folder that is not there, and refuses one that leads out of the node', async () => {
    await started('one', { Binds: [`${directory}/new/folder:/x`] });
    expect((await stat(join(directory, 'new/folder'))).isDirectory()).toBe(true);
    const away = await create('two', { Binds: ['/proc/1/root/etc:/x'] });
    await expect(engine.containers.start(away)).rejects.toMatchObject({
      status: 400,
      message: 'bind source /proc/1/root/etc leads out of what the node sees',
    });
    expect(status(away)).toBe('created');
  });

  describe('stop', () => {
    it('signals, and kills what does not end in its time', async () => {
      const record = await started('one');
      runtime.onSignal = (id, signal) => {
        if (signal === 'SIGKILL') runtime.end(id, 137);
      };
      const stopping = engine.containers.stop(record, { seconds: 5 });
      await until(() => runtime.calls.includes('kill one SIGTERM'));
      await clock.advance(4999);
      expect(status(record)).toBe('running');
      await clock.advance(1);
      await stopping;
      expect([status(record), record.state.exitCode, runtime.calls.filter((call) => call.startsWith('kill'))]).toEqual([
        'exited',
        137,
        ['kill one SIGTERM', 'kill one SIGKILL'],
      ]);
    });

    it('of one that does not run is 304', async () => {
      await expect(engine.containers.stop(await create('one'))).rejects.toMatchObject({ status: 304 });
    });

    it('keeps the restart policy from starting it again, also by the next engine', async () => {
      const record = await started('one', { RestartPolicy: { Name: 'unless-stopped' } });
      await engine.containers.stop(record);
      await clock.advance(60_000);
      expect(status(record)).toBe('exited');
      await reopen();
      expect(status(engine.containers.book.find('one'))).toBe('exited');
    });
  });

  it('is started again by its policy, each time later', async () => {
    const record = await started('one', { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } });
    await ended(record, 1);
    expect(status(record)).toBe('restarting');
    await clock.advance(99);
    expect(status(record)).toBe('restarting');
    await clock.advance(1);
    await until(() => status(record) === 'running');
    expect(record.state.restartCount).toBe(1);
    await ended(record, 1);
    await clock.advance(199);
    expect(status(record)).toBe('restarting');
    await clock.advance(1);
    await until(() => status(record) === 'running');
    expect(record.state.restartCount).toBe(2);
    await ended(record, 1);
    expect(status(record)).toBe('exited');
  });

  it('removes itself when it was made so, its volume too', async () => {
    const record = await createContainer(
      engine,
      {
        Image: 'bb',
        Cmd: ['x'],
        HostConfig: { AutoRemove: true, Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { NoCopy: true } }] },
      },
      'one',
    );
    await engine.containers.start(record);
    const removed = engine.containers.live(record.id).removed();
    await ended(record, 4);
    expect([await removed, engine.containers.book.list(), engine.volumes.list()]).toEqual([4, [], []]);
  });

  describe('remove', () => {
    it('of one that runs is refused, unless forced', async () => {
      const record = await started('one');
      await expect(engine.containers.remove(record)).rejects.toMatchObject({
        status: 409,
        message: expect.stringContaining('stop the container before'),
      });
      await engine.containers.remove(record, { force: true });
      expect([engine.containers.book.list(), await runtime.list(), await runtime.listSandboxes(), attached.size]).toEqual([[], [], [], 0]);
    });

    it('leaves the name free', async () => {
      await engine.containers.remove(await create('one'));
      await create('one');
      await expect(create('one')).rejects.toMatchObject({
        status: 409,
        message: expect.stringContaining('is already in use by container'),
      });
    });
  });

  describe('the next engine', () => {
    it('adopts what runs, and hears of its end', async () => {
      const before = await started('one');
      await reopen();
      const record = engine.containers.book.find('one');
      expect([record.id, status(record), engine.containers.live(record.id).ips]).toEqual([before.id, 'running', ['172.17.0.2']]);
      await ended(record, 5);
      expect([status(record), record.state.exitCode]).toEqual(['exited', 5]);
    });

    it('notes down what ended meanwhile', async () => {
      const { id } = await started('one');
      engine.close();
      runtime.end(id, 6);
      engine = await open();
      await engine.containers.live(id).settled;
      expect(engine.containers.book.find('one').state).toMatchObject({ status: 'exited', exitCode: 6 });
    });

    it.each([
      { policy: '', want: 'exited' },
      { policy: 'always', want: 'running' },
    ])('after the machine went down: policy "$policy", $want', async ({ policy, want }) => {
      await started('one', { RestartPolicy: { Name: policy } });
      runtime = new FakeRuntime(clock);
      attached.clear();
      await reopen();
      expect(status(engine.containers.book.find('one'))).toBe(want);
    });

    it.each([
      { policy: 'no', want: 'exited' },
      { policy: 'unless-stopped', want: 'running' },
    ])('after it was shut down in order: policy "$policy", $want', async ({ policy, want }) => {
      const record = await started('one', { RestartPolicy: { Name: policy } });
      await engine.containers.shutDown(10);
      expect([status(record), record.state.exitCode, await runtime.listSandboxes()]).toEqual(['exited', 143, []]);
      await reopen();
      expect(status(engine.containers.book.find('one'))).toBe(want);
    });

    it('takes away what a killed one had begun to remove', async () => {
      const { id } = await started('one');
      engine.close();
      await rm(engine.containers.book.directory(id), { recursive: true });
      engine = await open();
      expect([await runtime.list(), await runtime.listSandboxes(), attached.size]).toEqual([[], [], 0]);
    });
  });

  it('is paused and goes on', async () => {
    const record = await started('one');
    await engine.containers.pause(record);
    expect(status(record)).toBe('paused');
    await expect(engine.containers.pause(record)).rejects.toMatchObject({ status: 409 });
    await engine.containers.unpause(record);
    expect(status(record)).toBe('running');
  });

  it('is found by name, id and the beginning of it', async () => {
    const { id } = await create('one');
    for (const reference of ['one', '/one', id, id.slice(0, 5)]) expect(engine.containers.book.find(reference).id).toBe(id);
    for (const reference of ['on', 'two', '', id.slice(1)])
      expect(() => engine.containers.book.find(reference)).toThrow(`No such container: ${reference}`);
  });
});
