import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, disconnect } from '../containers/memberships.ts';
import { FakeNode } from '../testing/fake-node.ts';
import { containerNetworks, networkSettings } from './views.ts';

let node: FakeNode;
beforeEach(async () => {
  node = await FakeNode.make();
});
afterEach(() => node.remove());

const make = (name: string, more: object = {}) => node.engine.networks.create({ Name: name, ...more });
const inNetwork = (name: string, network: string, endpoint: object = {}, hostConfig: object = {}) =>
  node.started(name, { NetworkMode: network, ...hostConfig }, { NetworkingConfig: { EndpointsConfig: { [network]: endpoint } } });
const addressesOf = (id: string): string[] => node.engine.networks.endpointsOf(id).flatMap(({ ips }) => ips);

describe('networks', () => {
  it('are there for the next engine, with what was asked for', async () => {
    const made = await make('a', { Labels: { x: 'y' }, Internal: true, IPAM: { Config: [{ Subnet: '10.5.0.0/16' }] } });
    await node.reopen();
    expect(node.engine.networks.book.find('a')).toEqual(made);
    expect(node.engine.networks.book.list().map(({ name }) => name)).toEqual(['bridge', 'host', 'none', 'cluster', 'a']);
  });

  it.each([
    [{ Name: 'a' }, 409, 'network with name a already exists'],
    [{ Name: 'bridge' }, 403, 'operation is not permitted on predefined bridge network '],
    [{ Name: '' }, 400, 'network name must not be empty'],
    [{ Name: 'b', Driver: 'macvlan' }, 404, 'plugin "macvlan" not found'],
    [{ Name: 'b', Driver: 'host' }, 403, 'only one instance of "host" network is allowed'],
    [{ Name: 'b', Driver: 'overlay' }, 403, expect.stringContaining('This node is not a swarm manager')],
    [{ Name: 'b', ConfigOnly: true }, 400, expect.stringContaining('not supported by this engine')],
    [{ Name: 'b', Options: { 'com.docker.network.bridge.enable_icc': 'perhaps' } }, 400, expect.stringContaining('strconv.ParseBool')],
    [{ Name: 'b', Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' } }, 400, expect.stringContaining('not supported')],
    [{ Name: 'b', IPAM: { Config: [{ Subnet: '172.18.0.0/24' }] } }, 403, expect.stringContaining('Pool overlaps')],
    [
      { Name: 'b', Options: { 'com.docker.network.bridge.name': 'eth0' } },
      403,
      expect.stringContaining('the node has an interface of that name'),
    ],
    [
      { Name: 'b', Options: { 'com.docker.network.bridge.name': 'br-mine' } },
      403,
      expect.stringMatching(/conflicts with network a .*: networks have same bridge name/),
    ],
  ])('%j is refused', async (body, status, message) => {
    await make('a', { Options: { 'com.docker.network.bridge.name': 'br-mine' } });
    await expect(node.engine.networks.create(body)).rejects.toMatchObject({ status, message });
    expect(node.engine.networks.book.named('b')).toBeUndefined();
  });

  it('are removed when nobody is in them any more', async () => {
    const network = await make('a');
    const record = await inNetwork('one', 'a');
    await expect(node.engine.networks.remove(network)).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/^error while removing network: network a has active endpoints \(name:"one" id:"[0-9a-f]{12}"\)$/),
    });
    await node.ended(record, 0);
    await node.engine.networks.remove(network);
    await node.reopen();
    expect(node.engine.networks.book.named('a')).toBeUndefined();
    await expect(node.engine.containers.start(record)).rejects.toMatchObject({ status: 404, message: `network ${network.id} not found` });
    const bridge = node.engine.networks.book.find('bridge');
    await expect(node.engine.networks.remove(bridge)).rejects.toMatchObject({
      status: 403,
      message: 'bridge is a pre-defined network and cannot be removed',
    });
  });
});

describe('addresses', () => {
  it('are the lowest that are free, and come back', async () => {
    const [one, two] = [await node.started('one'), await node.started('two')];
    expect([addressesOf(one.id), addressesOf(two.id)]).toEqual([['172.17.0.2'], ['172.17.0.3']]);
    await node.ended(one, 0);
    expect(addressesOf((await node.started('three')).id)).toEqual(['172.17.0.2']);
  });

  it('are those that were asked for, with a hardware address', async () => {
    await make('a', { EnableIPv6: true, IPAM: { Config: [{ Subnet: '10.5.0.0/16' }, { Subnet: 'fd00:5::/64' }] } });
    const asked = { IPAMConfig: { IPv4Address: '10.5.7.7', IPv6Address: 'fd00:5::7' }, MacAddress: '02:00:00:00:00:07' };
    const record = await inNetwork('one', 'a', asked);
    expect(node.engine.networks.endpointsOf(record.id)).toMatchObject([{ ips: ['10.5.7.7', 'fd00:5::7'], mac: '02:00:00:00:00:07' }]);
    await expect(inNetwork('two', 'a', asked)).rejects.toMatchObject({ status: 403, message: 'Address already in use' });
    expect(node.attached.size).toBe(1);
  });

  it.each([
    ['bridge', { IPAMConfig: { IPv4Address: '172.17.0.9' } }, 'user specified IP address is supported on user defined networks only'],
    ['bridge', { Aliases: ['x'] }, 'network-scoped alias is supported only for containers in user defined networks'],
    ['auto', { IPAMConfig: { IPv4Address: '172.18.0.9' } }, expect.stringContaining('networks with user configured subnets')],
    ['own', { IPAMConfig: { IPv4Address: '10.6.0.9' } }, expect.stringContaining('no configured subnet contains IP address 10.6.0.9')],
    ['own', { IPAMConfig: { IPv4Address: 'x' } }, 'invalid IPv4 address: x'],
    ['own', { MacAddress: 'x' }, 'invalid MAC address: x'],
  ])('in %s %j are refused', async (network, endpoint, message) => {
    await make('auto');
    await make('own', { IPAM: { Config: [{ Subnet: '10.5.0.0/16' }] } });
    await expect(inNetwork('one', network, endpoint)).rejects.toMatchObject({ status: 400, message });
  });

  it('stay when the engine is killed, and those of containers that are gone do not', async () => {
    const record = await node.started('one');
    await node.reopen();
    expect(addressesOf(record.id)).toEqual(['172.17.0.2']);
    node.engine.networks.book
      .addresses(node.engine.networks.book.find('bridge'))
      .take({ subnet: '172.17.0.0/16', gateway: '172.17.0.1' }, 'lost', { network: 'bridge' }); // prettier-ignore
    await node.reopen();
    const { id } = node.engine.networks.book.find('bridge');
    expect(await readdir(join(node.directory, 'networks', id, 'addresses'))).toEqual(['172.17.0.2']);
  });
});

describe('a published port', () => {
  const at = (HostPort: string, HostIp = '') => ({ PortBindings: { '80/tcp': [{ HostIp, HostPort }] } });
  const shown = (record: Parameters<typeof networkSettings>[1]): unknown => networkSettings(node.engine, record);

  it('is in force while its container runs, at all addresses', async () => {
    const record = await node.started('one', at('8080'), { ExposedPorts: { '81/tcp': {} } });
    expect(node.published).toEqual([
      { protocol: 'tcp', hostIp: '0.0.0.0', hostPort: 8080, containerIp: '172.17.0.2', containerPort: 80 },
      { protocol: 'tcp', hostIp: '::', hostPort: 8080, containerIp: '172.17.0.2', containerPort: 80 },
    ]);
    const both = [
      { HostIp: '0.0.0.0', HostPort: '8080' },
      { HostIp: '::', HostPort: '8080' },
    ];
    expect(shown(record)).toMatchObject({ Ports: { '80/tcp': both, '81/tcp': null } });
    await node.ended(record, 0);
    expect(node.published).toEqual([]);
    expect(shown(record)).toMatchObject({ Ports: {} });
  });

  it('is one container’s alone, and a start that is refused leaves nothing', async () => {
    await node.started('one', at('8080', '127.0.0.1'));
    const other = await node.create('two', at('8080'));
    await expect(node.engine.containers.start(other)).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(
        /^driver failed programming external connectivity on endpoint two \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
      ),
    });
    expect([node.attached.size, node.published.length, addressesOf(other.id)]).toEqual([1, 1, []]);
    await node.started('three', at('8080', '127.0.0.2'));
  });

  it('is not one that another program of the node has', async () => {
    node.busy.add(8080);
    const message = expect.stringContaining('0.0.0.0:8080/tcp: address already in use');
    await expect(node.started('one', at('8080'))).rejects.toMatchObject({ status: 500, message });
    expect((await node.started('two', at('8080-8089'))).published?.['80/tcp']?.[0]).toEqual({ HostIp: '0.0.0.0', HostPort: '8081' });
  });

  it('without a wish is the next of the ephemeral ones', async () => {
    const ports = [];
    for (const name of ['one', 'two']) ports.push((await node.started(name, at('0'))).published?.['80/tcp']?.[0]?.HostPort);
    expect(ports).toEqual(['32768', '32769']);
  });

  it('is kept when the engine is killed, as its address is', async () => {
    const record = await node.started('one', at('0'));
    const before = [...node.published];
    node.published.length = 0;
    await node.reopen();
    expect(node.published).toEqual(before);
    expect(shown(node.engine.containers.book.find('one'))).toEqual(shown(record));
  });
});

describe('a container of several networks', () => {
  it('comes in and goes while it runs, on disk and in the kernel, and its ports follow the way out', async () => {
    const [a, b] = [await make('a'), await make('b', { Internal: true })];
    const record = await node.started('one', { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } });
    await connect(node.engine.containers, record, a, { Aliases: ['db'] });
    await connect(node.engine.containers, record, b, {});
    expect([node.attached.size, Object.keys(containerNetworks(node.engine, record))]).toEqual([3, ['bridge', 'a', 'b']]);
    expect(node.published[0]?.containerIp).toBe('172.18.0.2');
    await node.reopen();
    expect(addressesOf(record.id).toSorted()).toEqual(['172.17.0.2', '172.18.0.2', '172.19.0.2']);
    const found = node.engine.containers.book.find('one');
    await disconnect(node.engine.containers, found, a);
    expect([node.attached.size, node.published[0]?.containerIp]).toEqual([2, '172.17.0.2']);
    await disconnect(node.engine.containers, found, node.engine.networks.book.find('bridge'));
    expect([node.attached.size, node.published]).toEqual([1, []]);
    await node.reopen();
    expect(Object.keys(node.engine.containers.book.find('one').endpoints)).toEqual(['b']);
  });

  it.each([
    ['bridge', 'bridge', 403, 'endpoint with name one already exists in network bridge'],
    ['host', 'a', 403, expect.stringContaining('sharing network namespace with another container or host')],
    ['none', 'a', 403, expect.stringContaining('one of the networks in private (none) mode')],
    ['bridge', 'host', 400, expect.stringContaining('cannot connect container to host network')],
    ['bridge', 'none', 403, expect.stringContaining('one of the networks in private (none) mode')],
  ])('of %s does not come into %s', async (mode, other, status, message) => {
    await make('a');
    const record = await node.started('one', { NetworkMode: mode });
    const network = node.engine.networks.book.find(other);
    await expect(connect(node.engine.containers, record, network, {})).rejects.toMatchObject({ status, message });
  });

  it('does not leave where it is not', async () => {
    const network = await make('a');
    const record = await node.started('one');
    await expect(disconnect(node.engine.containers, record, network)).rejects.toMatchObject({
      status: 403,
      message: `container ${record.id} is not connected to network a`,
    });
  });
});

describe('names', () => {
  it('are answered to those in the same network, and to nobody else', async () => {
    await make('a');
    await make('b');
    const one = await inNetwork('one', 'a', { Aliases: ['db'] });
    const two = await inNetwork('two', 'a', { Links: ['one:friend'] });
    const other = await inNetwork('three', 'b');
    const plain = [await node.started('four'), await node.started('five')];
    const { names } = node.engine.networks;
    const ask = (record: { id: string }, name: string) => names.addressesOf(addressesOf(record.id)[0]!, name);
    const ip = addressesOf(one.id);
    for (const name of ['one', 'db', 'one.a', 'db.a', one.id.slice(0, 12)]) expect([name, ask(two, name)]).toEqual([name, ip]);
    expect([ask(two, 'friend'), ask(one, 'friend')]).toEqual([ip, undefined]);
    expect([ask(other, 'one'), ask(plain[0]!, 'five'), ask(two, 'four')]).toEqual([undefined, undefined, undefined]);
    expect([names.nameOf(addressesOf(two.id)[0]!, ip[0]!), names.nameOf(addressesOf(other.id)[0]!, ip[0]!)]).toEqual(['one.a', undefined]);
    await node.ended(one, 0);
    expect(ask(two, 'db')).toBeUndefined();
  });

  it('of links are theirs too: on a network of its own a link wants nobody to run, as clients of Compose expect', async () => {
    await make('a');
    const one = await inNetwork('one', 'a');
    const two = await inNetwork('two', 'a', { Links: ['one:friend'] }, { Links: ['one:friend'] });
    expect(node.engine.networks.names.addressesOf(addressesOf(two.id)[0]!, 'friend')).toEqual(addressesOf(one.id));
    await expect(node.started('three', { Links: ['two:friend'] })).rejects.toMatchObject({ status: 409 });
  });

  it('that no container has are asked for where the container wants, or the cluster, or nowhere', async () => {
    await make('inner', { Internal: true });
    const asked = await node.started('one', { Dns: ['192.0.2.53'] });
    const clustered = await inNetwork('two', 'cluster');
    const inner = await inNetwork('three', 'inner');
    const plain = await node.started('four');
    const { names } = node.engine.networks;
    const servers = [asked, clustered, inner, plain].map(({ id }) => names.serversOf(addressesOf(id)[0]!));
    expect(servers).toEqual([['192.0.2.53'], ['10.96.0.10'], [], undefined]);
  });
});

it('tells of networks and of who comes and goes', async () => {
  const told: string[] = [];
  const emit = node.engine.events.emit.bind(node.engine.events);
  node.engine.events.emit = (type, action, id, attributes) => {
    if (type === 'network') told.push(`${action} ${attributes?.['name']}`);
    emit(type, action, id, attributes);
  };
  const network = await make('a');
  const record = await inNetwork('one', 'a');
  await node.ended(record, 0);
  await node.engine.networks.remove(network);
  expect(told).toEqual(['create a', 'connect a', 'disconnect a', 'destroy a']);
});
