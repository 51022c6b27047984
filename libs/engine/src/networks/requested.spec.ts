import { FakeRuntime } from '#agent/testing';
import { FakeNode } from '../testing/fake-node.ts';

let node: FakeNode;
beforeEach(async () => {
  node = await FakeNode.make();
});
afterEach(() => node.remove());

describe('what does not go together', () => {
  it.each([
    [{ NetworkMode: 'container:one' }, { Hostname: 'x' }, 'conflicting options: hostname and the network mode'],
    [{ UTSMode: 'host' }, { Hostname: 'x' }, 'conflicting options: hostname and the UTS mode'],
    [{ NetworkMode: 'host', Links: ['one'] }, {}, expect.stringContaining("host type networking can't be used with links")],
    [{ NetworkMode: 'container:one', Links: ['one'] }, {}, expect.stringContaining("container type network can't be used with links")],
    [{ NetworkMode: 'container:one', Dns: ['1.1.1.1'] }, {}, 'conflicting options: dns and the network mode'],
    [{ NetworkMode: 'container:one', ExtraHosts: ['a:1.1.1.1'] }, {}, expect.stringContaining('custom host-to-IP mapping')],
    [{ NetworkMode: 'host' }, { MacAddress: '02:00:00:00:00:01' }, 'conflicting options: mac-address and the network mode'],
    [{ NetworkMode: 'container:one', PublishAllPorts: true }, {}, expect.stringContaining('port publishing')],
    [{ NetworkMode: 'container:one' }, { ExposedPorts: { '80/tcp': {} } }, expect.stringContaining('port exposing')],
    [{ NetworkMode: 'container:' }, {}, expect.stringContaining('invalid container format container:<name|id>')],
    [{ ExtraHosts: ['a'] }, {}, 'bad format for add-host: "a"'],
    [{ ExtraHosts: ['a:b'] }, {}, 'invalid IP address in add-host: "b"'],
    [{ Dns: ['b'] }, {}, 'invalid DNS address: b'],
    [{ Links: ['nope:db'] }, {}, 'could not get container for nope: No such container: nope'],
    [{ IpcMode: 'mine' }, {}, 'invalid IPC mode: mine'],
    [{ PidMode: 'mine' }, {}, 'invalid PID mode: mine'],
    [{ UTSMode: 'mine' }, {}, 'invalid UTS mode: mine'],
  ])('%j %j', async (hostConfig, config, message) => {
    await node.create('one');
    await expect(node.create('two', hostConfig, config)).rejects.toMatchObject({ status: 400, message });
  });

  it('is more than one network at once, before API 1.44', async () => {
    const NetworkingConfig = { EndpointsConfig: { bridge: {}, cluster: {} } };
    const message = 'Container cannot be connected to network endpoints: bridge, cluster';
    await expect(node.create('one', {}, { NetworkingConfig })).rejects.toMatchObject({ status: 400, message });
  });
});

describe('who joins another', () => {
  it('knows it by its id, and has its name', async () => {
    const one = await node.create('one', {}, { Hostname: 'first' });
    const two = await node.create('two', { NetworkMode: 'container:one', PidMode: 'container:one' });
    expect(two.hostConfig).toMatchObject({ NetworkMode: `container:${one.id}`, PidMode: `container:${one.id}` });
    expect([two.config.Hostname, two.endpoints]).toEqual(['first', {}]);
  });

  it.each([
    [{ NetworkMode: 'container:one' }, 'cannot join network of a non running container'],
    [{ IpcMode: 'container:one' }, 'cannot join IPC of a non running container'],
    [{ PidMode: 'container:one' }, 'cannot join PID of a non running container'],
  ])('%j waits until it runs', async (hostConfig, words) => {
    await node.create('one', { IpcMode: 'shareable' });
    const two = await node.create('two', hostConfig);
    await expect(node.engine.containers.start(two)).rejects.toMatchObject({ status: 409, message: expect.stringContaining(words) });
    await node.engine.containers.start(node.engine.containers.book.find('one'));
    await node.engine.containers.start(two);
    expect(node.status(two)).toBe('running');
  });

  it('does not join what is not shared, or not there', async () => {
    await node.started('one');
    const two = await node.create('two', { IpcMode: 'container:one' });
    await expect(node.engine.containers.start(two)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('non-shareable IPC'),
    });
    const three = await node.create('three', { NetworkMode: 'container:nope' });
    await expect(node.engine.containers.start(three)).rejects.toMatchObject({ status: 404, message: 'No such container: nope' });
  });

  it('is started after it, with the next engine', async () => {
    const always = { RestartPolicy: { Name: 'always' } };
    const one = await node.create('one', always);
    const two = await node.create('two', { ...always, NetworkMode: 'container:one' });
    await node.engine.containers.start(one);
    await node.engine.containers.start(two);
    node.runtime = new FakeRuntime(node.clock); // the machine went down
    await node.reopen();
    expect(['one', 'two'].map((name) => node.status(node.engine.containers.book.find(name)))).toEqual(['running', 'running']);
  });
});
