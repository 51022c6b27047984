import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { silentLogger } from '#telemetry';
import type { PublishedPort } from '../contract.ts';
import { runnerIn, must } from '../runner.ts';
import { Namespaces } from '../testing/namespaces.ts';
import { createHostPorts } from './host-ports.ts';

let container: Server;
let namespaces: Namespaces;
let machine: string;

beforeAll(async () => {
  namespaces = new Namespaces();
  machine = namespaces.add('machine');
  namespaces.ip(machine, 'link set lo up');
  container = createServer((socket) => socket.end('from the container')).listen(0, '127.0.0.1');
  await once(container, 'listening');
});
afterAll(async () => {
  container.close();
  await namespaces.destroy();
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

const published = (hostPort: number, hostIp = '127.0.0.1', protocol: PublishedPort['protocol'] = 'tcp'): PublishedPort => ({
  protocol,
  hostIp,
  hostPort,
  containerIp: '127.0.0.1',
  containerPort: portOf(container),
});

async function said(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

describe('a port of the node', () => {
  it.each(['127.0.0.1', '::1'])('leads from %s to the container, also of the other family, until it is released', async (hostIp) => {
    const ports = createHostPorts({ logger: silentLogger });
    const port = published(await freePort(), hostIp);
    await ports.hold(port);
    expect(await said(hostIp, port.hostPort)).toBe('from the container');
    await ports.release(port);
    await expect(said(hostIp, port.hostPort)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it.each(['tcp', 'udp'] as const)('of %s is held once, here and by others', async (protocol) => {
    const [ports, others] = [createHostPorts({ logger: silentLogger }), createHostPorts({ logger: silentLogger })];
    const port = published(await freePort(), '127.0.0.1', protocol);
    await ports.hold(port);
    for (const each of [ports, others]) await expect(each.hold(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await ports.close();
    await others.hold(port);
    await others.close();
  });

  it('is not had at an address that the node has not', async () => {
    const ports = createHostPorts({ logger: silentLogger });
    await expect(ports.hold(published(await freePort(), '192.0.2.1'))).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  it('is on the loopback of the machine too, where nobody has it', async () => {
    const ports = createHostPorts({ logger: silentLogger, machineNetns: machine });
    const port = published(await freePort());
    const other = createHostPorts({ logger: silentLogger, machineNetns: machine });
    const fetch = (host: string): Promise<string> => must(runnerIn(machine), ['busybox', 'nc', host, String(port.hostPort)]);
    await ports.hold(port);
    expect(await fetch('127.0.0.1')).toBe('from the container');
    await other.hold({ ...port, hostIp: '127.0.0.2' });
    await ports.release(port);
    await ports.hold({ ...port, hostIp: '::1' });
    expect(await fetch('::1')).toBe('from the container');
    await expect(fetch('127.0.0.1')).rejects.toThrow('busybox nc');
    await Promise.all([ports.close(), other.close()]);
  });
});
