import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeRuntime } from '#agent/testing';
import { pause, unpause } from './pausing.ts';
import { RuntimeError } from '#runtime/contract';
import { FakeNode } from '../testing/fake-node.ts';
import { createContainer } from './create-container.ts';

describe('the life of a container', () => {
  let node: FakeNode;
  beforeEach(async () => {
    node = await FakeNode.make();
  });
  afterEach(() => node.remove());

  it('begins on disk: what was created is there for the next engine', async () => {
    const { id } = await node.create('one');
    await node.reopen();
    expect(node.engine.containers.book.find('one')).toMatchObject({ id, name: 'one', state: { status: 'created' } });
  });

  it('leaves no trace of a container that nobody was told of', async () => {
    const record = await node.create('one');
    await writeFile(join(node.engine.containers.book.directory(record.id), 'container.json.1.0.tmp'), 'half');
    await rm(join(node.engine.containers.book.directory(record.id), 'container.json'));
    await node.reopen();
    expect(node.engine.containers.book.list()).toEqual([]);
    await node.create('one');
  });

  it('goes from created to running to exited, and again', async () => {
    const record = await node.create('one');
    expect(node.status(record)).toBe('created');
    await node.engine.containers.start(record);
    expect([node.status(record), node.attached.size]).toEqual(['running', 1]);
    await node.ended(record, 3);
    expect([node.status(record), record.state.exitCode, node.attached.size, await node.runtime.listSandboxes()]).toEqual([
      'exited',
      3,
      0,
      [],
    ]);
    await node.engine.containers.start(record);
    expect([node.status(record), record.state.exitCode]).toEqual(['running', 0]);
  });

  it('is started once', async () => {
    await expect(node.engine.containers.start(await node.started('one'))).rejects.toMatchObject({ status: 304 });
  });

  it('keeps the reason of a start that failed, and nothing else of it', async () => {
    node.runtime.refuse = () =>
      new RuntimeError('start-failed', 'unable to start container process: exec: "x": executable file not found in $PATH');
    const record = await node.create('one');
    await expect(node.engine.containers.start(record)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('executable file not found'),
    });
    expect([node.status(record), record.state.exitCode, node.attached.size, await node.runtime.listSandboxes()]).toEqual([
      'created',
      127,
      0,
      [],
    ]);
  });

  it('makes a directory of a folder that is not there, and refuses one that leads out of the node', async () => {
    await node.started('one', { Binds: [`${node.directory}/new/folder:/x`] });
    expect((await stat(join(node.directory, 'new/folder'))).isDirectory()).toBe(true);
    const away = await node.create('two', { Binds: ['/proc/1/root/etc:/x'] });
    await expect(node.engine.containers.start(away)).rejects.toMatchObject({
      status: 400,
      message: 'bind source /proc/1/root/etc leads out of what the node sees',
    });
    expect(node.status(away)).toBe('created');
  });

  describe('stop', () => {
    it('signals, and kills what does not end in its time', async () => {
      const record = await node.started('one');
      node.runtime.onSignal = (id, signal) => {
        if (signal === 'SIGKILL') node.runtime.end(id, 137);
      };
      const stopping = node.engine.containers.stop(record, { seconds: 5 });
      await node.until(() => node.runtime.calls.includes('kill one SIGTERM'));
      await node.clock.advance(4999);
      expect(node.status(record)).toBe('running');
      await node.clock.advance(1);
      await stopping;
      expect([node.status(record), record.state.exitCode, node.runtime.calls.filter((call) => call.startsWith('kill'))]).toEqual([
        'exited',
        137,
        ['kill one SIGTERM', 'kill one SIGKILL'],
      ]);
    });

    it('of one that does not run is 304', async () => {
      await expect(node.engine.containers.stop(await node.create('one'))).rejects.toMatchObject({ status: 304 });
    });

    it('keeps the restart policy from starting it again, also by the next engine', async () => {
      const record = await node.started('one', { RestartPolicy: { Name: 'unless-stopped' } });
      await node.engine.containers.stop(record);
      await node.clock.advance(60_000);
      expect(node.status(record)).toBe('exited');
      await node.reopen();
      expect(node.status(node.engine.containers.book.find('one'))).toBe('exited');
    });
  });

  it('is started again by its policy, each time later', async () => {
    const record = await node.started('one', { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } });
    await node.ended(record, 1);
    expect(node.status(record)).toBe('restarting');
    await node.clock.advance(99);
    expect(node.status(record)).toBe('restarting');
    await node.clock.advance(1);
    await node.until(() => node.status(record) === 'running');
    expect(record.state.restartCount).toBe(1);
    await node.ended(record, 1);
    await node.clock.advance(199);
    expect(node.status(record)).toBe('restarting');
    await node.clock.advance(1);
    await node.until(() => node.status(record) === 'running');
    expect(record.state.restartCount).toBe(2);
    await node.ended(record, 1);
    expect(node.status(record)).toBe('exited');
  });

  it('removes itself when it was made so, its volume too', async () => {
    const record = await createContainer(
      node.engine,
      {
        Image: 'bb',
        Cmd: ['x'],
        HostConfig: { AutoRemove: true, Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { NoCopy: true } }] },
      },
      'one',
    );
    await node.engine.containers.start(record);
    const removed = node.engine.containers.live(record.id).removed();
    await node.ended(record, 4);
    expect([await removed, node.engine.containers.book.list(), node.engine.volumes.list()]).toEqual([4, [], []]);
  });

  it('has the volumes of another, which stay with it, and its own where both have one', async () => {
    const first = await node.create('first', {
      Binds: ['/b:/b'],
      Mounts: [{ Type: 'volume', Target: '/v', VolumeOptions: { NoCopy: true } }],
    });
    const second = await node.create('second', { VolumesFrom: ['first:ro'], Binds: ['/other:/b'] }, { Volumes: { '/v': {} } });
    const of = ({ mounts }: typeof first) => Object.fromEntries(mounts.map(({ Destination, Source, RW }) => [Destination, [Source, RW]]));
    expect(of(second)).toEqual({ '/v': [of(first)['/v']![0], false], '/b': ['/other', true] });
    await node.engine.containers.remove(first, { volumes: true });
    expect(node.engine.volumes.list()).toHaveLength(1);
    await expect(node.create('third', { VolumesFrom: ['nobody'] })).rejects.toMatchObject({
      status: 400,
      message: 'No such container: nobody',
    });
    await expect(node.create('third', { VolumesFrom: ['second:x'] })).rejects.toMatchObject({ status: 400, message: 'invalid mode: x' });
  });

  describe('remove', () => {
    it('of one that runs is refused, unless forced', async () => {
      const record = await node.started('one');
      await expect(node.engine.containers.remove(record)).rejects.toMatchObject({
        status: 409,
        message: expect.stringContaining('stop the container before'),
      });
      await node.engine.containers.remove(record, { force: true });
      expect([
        node.engine.containers.book.list(),
        await node.runtime.list(),
        await node.runtime.listSandboxes(),
        node.attached.size,
      ]).toEqual([[], [], [], 0]);
    });

    it('leaves the name free', async () => {
      await node.engine.containers.remove(await node.create('one'));
      await node.create('one');
      await expect(node.create('one')).rejects.toMatchObject({
        status: 409,
        message: expect.stringContaining('is already in use by container'),
      });
    });
  });

  describe('the next engine', () => {
    it('adopts what runs, and hears of its end', async () => {
      const before = await node.started('one');
      await node.reopen();
      const record = node.engine.containers.book.find('one');
      expect([record.id, node.status(record), node.engine.networks.endpointsOf(record.id)[0]?.ips]).toEqual([
        before.id,
        'running',
        ['172.17.0.2'],
      ]);
      await node.ended(record, 5);
      expect([node.status(record), record.state.exitCode]).toEqual(['exited', 5]);
    });

    it('notes down what ended meanwhile', async () => {
      const { id } = await node.started('one');
      node.engine.close();
      node.runtime.end(id, 6);
      await node.open();
      await node.engine.containers.live(id).settled;
      expect(node.engine.containers.book.find('one').state).toMatchObject({ status: 'exited', exitCode: 6 });
    });

    it.each([
      { policy: '', want: 'exited' },
      { policy: 'always', want: 'running' },
    ])('after the machine went down: policy "$policy", $want', async ({ policy, want }) => {
      await node.started('one', { RestartPolicy: { Name: policy } });
      node.runtime = new FakeRuntime(node.clock);
      node.attached.clear();
      await node.reopen();
      expect(node.status(node.engine.containers.book.find('one'))).toBe(want);
    });

    it.each([
      { policy: 'no', want: 'exited' },
      { policy: 'unless-stopped', want: 'running' },
    ])('after it was shut down in order: policy "$policy", $want', async ({ policy, want }) => {
      const record = await node.started('one', { RestartPolicy: { Name: policy } });
      await node.engine.containers.shutDown(10);
      expect([node.status(record), record.state.exitCode, await node.runtime.listSandboxes()]).toEqual(['exited', 143, []]);
      await node.reopen();
      expect(node.status(node.engine.containers.book.find('one'))).toBe(want);
    });

    it('takes away what a killed one had begun to remove', async () => {
      const { id } = await node.started('one');
      node.engine.close();
      await rm(node.engine.containers.book.directory(id), { recursive: true });
      await node.open();
      expect([await node.runtime.list(), await node.runtime.listSandboxes(), node.attached.size]).toEqual([[], [], 0]);
    });
  });

  it('is paused and goes on', async () => {
    const record = await node.started('one');
    await pause(node.engine.containers, record);
    expect(node.status(record)).toBe('paused');
    await expect(pause(node.engine.containers, record)).rejects.toMatchObject({ status: 409 });
    await unpause(node.engine.containers, record);
    expect(node.status(record)).toBe('running');
  });

  it('is found by name, id and the beginning of it', async () => {
    const { id } = await node.create('one');
    for (const reference of ['one', '/one', id, id.slice(0, 5)]) expect(node.engine.containers.book.find(reference).id).toBe(id);
    for (const reference of ['on', 'two', '', id.slice(1)])
      expect(() => node.engine.containers.book.find(reference)).toThrow(`No such container: ${reference}`);
  });
});
