import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { systemClock, systemRandom } from '#base';
import { createAuthority, issueCertificate } from '#pki';
import { silentLogger } from '#telemetry';
import type { IngressBackend, IngressCertificate, IngressProxy, IngressRoute } from '../contract.ts';
import { createIngressProxy } from './ingress-proxy.ts';

/* The real proxy, on addresses of the loopback network that nothing else has. */
const address = `127.77.${process.pid % 250}.${1 + (process.ppid % 250)}`;
const [httpPort, httpsPort] = [8080, 8443];

let directory: string;
let proxy: IngressProxy;
const servers = new Map<string, { server: Server; port: number }>();

const open = (trustedProxies: string[] = []): IngressProxy =>
  createIngressProxy({
    directory,
    addresses: [address],
    httpPort,
    httpsPort,
    trustedProxies,
    threads: 1,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });

/** Answers who it is, what it was asked, and by which headers. */
async function serve(name: string): Promise<void> {
  const server = createServer((incoming, outgoing) => {
    const { url, headers } = incoming;
    incoming.resume().once('end', () => outgoing.end(JSON.stringify({ name, url, headers })));
  });
  server.on('upgrade', (incoming, socket) => {
    const accept = createHash('sha1')
      .update(`${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket', `sec-websocket-accept: ${accept}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.pipe(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.set(name, { server, port: (server.address() as { port: number }).port });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'berth-ingress-'));
  chmodSync(directory, 0o755); // a tmpfs of the node's own in a cluster
  await Promise.all(['a', 'b', 'c', 'd'].map(serve));
});
beforeEach(() => {
  proxy = open();
});
afterEach(() => proxy.close());
afterAll(async () => {
  await open().apply({ routes: [], backends: [], certificates: [] });
  for (const { server } of servers.values()) server.close().closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

const backend = (name: string, changes: Partial<IngressBackend> = {}): IngressBackend => ({
  name,
  endpoints: [{ ip: '127.0.0.1', port: servers.get(name)?.port ?? 9 }],
  protocol: 'http',
  affinity: false,
  redirectsToTls: false,
  ...changes,
});
const route = (text: string, to: string, match: IngressRoute['match'] = 'prefix'): IngressRoute => {
  const slash = text.includes('/') ? text.indexOf('/') : text.length;
  return { host: text.slice(0, slash), path: text.slice(slash), match, backend: to };
};
const state = (
  routes: IngressRoute[],
  backends = ['a', 'b', 'c', 'd'].map((name) => backend(name)),
  certificates: IngressCertificate[] = [],
) => ({
  routes,
  backends,
  certificates,
});

interface Answer {
  status: number;
  text: string;
  headers: IncomingMessage['headers'];
  /** Of those that tell what they were asked. */
  said: { name: string; url: string; headers: Record<string, string> };
}

async function get(host: string, path: string, headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
  const call = request({ host: address, port: httpPort, path, headers: { host, ...headers }, agent: agent ?? false });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode!, text, headers: response.headers, said: text.startsWith('{') ? JSON.parse(text) : undefined };
}

const certificateFor = async (name: string): Promise<IngressCertificate> => {
  const authority = await createAuthority('test', systemClock.now());
  return {
    hosts: [name],
    ...(await issueCertificate(authority, { commonName: name, dnsNames: [name], usages: ['server'] }, systemClock.now())),
  };
};

/** The serial number of the certificate that a client of this name gets, and what it is for. */
async function certificateShown(servername: string): Promise<{ serialNumber: string; CN: string; protocol: string | false | null }> {
  const socket = connect({ host: address, port: httpsPort, servername, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  await once(socket, 'secureConnect');
  const { serialNumber, subject } = socket.getPeerCertificate();
  socket.destroy();
  return { serialNumber, CN: String(subject.CN), protocol: socket.alpnProtocol };
}

const workers = (): string[] =>
  execFileSync('ps', ['-eo', 'pid=,user=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`${directory}/haproxy.cfg`) && !line.includes('setpriv'));
const pidsOf = (user: string): number[] =>
  workers()
    .filter((line) => line.includes(` ${user} `))
    .map((line) => Number.parseInt(line, 10));

describe('the ingress proxy', () => {
  const routes = [
    route('h.example.com', 'a'),
    route('h.example.com/foo', 'b'),
    route('h.example.com/foo/bar', 'c'),
    route('h.example.com/foo', 'd', 'exact'),
    route('h.example.com/Caf\u00e9 x', 'b'),
    route('*.example.com', 'b'),
    route('*.example.com/foo', 'c'),
    route('only.example.com/x', 'd'),
    route('*/any', 'c'),
    route('*/any/', 'd', 'exact'),
  ];
  const asked: [string, string, string][] = [
    ['h.example.com', '/', 'a'],
    ['h.example.com', '/fo', 'a'],
    ['h.example.com', '/foo', 'd'],
    ['h.example.com', '/foo?x=/foo/bar', 'd'],
    ['h.example.com', '/foo/', 'b'],
    ['h.example.com', '/foo/x', 'b'],
    ['h.example.com', '/foobar', 'a'],
    ['h.example.com', '/foo/bar', 'c'],
    ['h.example.com', '/foo/bar/', 'c'],
    ['h.example.com', '/foo/barx', 'b'],
    ['h.example.com', '/FOO', 'a'],
    ['h.example.com', '/Caf%C3%A9%20x', 'b'],
    ['H.Example.COM:8080', '/foo', 'd'],
    ['h.example.com.', '/foo', 'd'],
    ['x.example.com', '/', 'b'],
    ['x.example.com', '/foo', 'c'],
    ['x.y.example.com', '/', '404'],
    ['example.com', '/', '404'],
    ['only.example.com', '/x', 'd'],
    ['only.example.com', '/', 'b'],
    ['other', '/any', 'c'],
    ['other', '/any/', 'd'],
    ['other', '/any/x', 'c'],
    ['h.example.com', '/any', 'a'],
    ['other', '/', '404'],
    ['h.example.com/foo', '/', '400'],
    ['', '/any', 'c'],
  ];
  it('leads by host and path: exact before prefix, the longer before the shorter, a host before its wildcard before any', async () => {
    await proxy.apply(state(routes));
    const answers = await Promise.all(
      asked.map(async ([host, path]) => {
        const { status, said } = await get(host, path);
        return [host, path, said?.name ?? String(status)];
      }),
    );
    expect(answers).toEqual(asked);
  });

  it('runs as a user without rights, its files are its own, and its ports are free when nothing is served', async () => {
    await proxy.apply(state([route('h', 'a')]));
    expect(pidsOf('haproxy').length).toBeGreaterThan(0);
    expect(pidsOf('root')).toHaveLength(1);
    expect(readdirSync(directory).filter((name) => (statSync(join(directory, name)).mode & 0o077) !== 0)).toEqual(['empty']);
    await proxy.apply(state([]));
    expect(workers()).toEqual([]);
    await expect(get('h', '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('answers 503 where nobody can, and takes an endpoint in without another process', async () => {
    await proxy.apply(state([route('h', 'a')], [backend('a', { endpoints: [] })]));
    expect((await get('h', '/')).status).toBe(503);
    const before = workers();
    await proxy.apply(state([route('h', 'a')], [backend('a')]));
    expect((await get('h', '/')).said.name).toBe('a');
    await proxy.apply(state([route('h', 'a')], [backend('a', { endpoints: backend('b').endpoints })]));
    expect((await get('h', '/')).said.name).toBe('b');
    expect(workers()).toEqual(before);
  });

  it('asks another endpoint when one does not answer its door', async () => {
    const endpoints = [{ ip: '127.0.0.1', port: 9 }, { ip: '127.0.0.1', port: 10 }, ...backend('a').endpoints];
    await proxy.apply(state([route('h', 'a')], [backend('a', { endpoints })]));
    for (let i = 0; i < 10; i++) expect((await get('h', '/')).said.name).toBe('a');
  });

  it('loses no request of kept connections while rules, endpoints and certificates change', async () => {
    await proxy.apply(state([route('h', 'a')]));
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const socket = await webSocket();
    let isChanging = true;
    let count = 0;
    const clients = Array.from({ length: 4 }, async () => {
      while (isChanging) {
        expect((await get('h', '/', {}, agent)).status).toBe(200);
        count++;
      }
    });
    for (const n of [1, 2, 3]) {
      await proxy.apply(state([route('h', 'a'), route(`h/${n}`, 'b')], undefined, [await certificateFor(`n${n}.example.com`)]));
      await proxy.apply(
        state([route('h', 'a'), route(`h/${n}`, 'b')], [backend('a', { endpoints: backend(n % 2 ? 'c' : 'd').endpoints }), backend('b')]),
      );
    }
    isChanging = false;
    await Promise.all(clients);
    agent.destroy();
    expect(count).toBeGreaterThan(10);
    socket.write('still here');
    expect(String((await once(socket, 'data'))[0])).toBe('still here');
    socket.destroy();
  });

  async function webSocket() {
    const handshake = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const call = request({ host: address, port: httpPort, path: '/', headers: { host: 'h', ...handshake }, agent: false });
    call.end();
    const [, socket] = (await once(call, 'upgrade')) as [IncomingMessage, import('node:net').Socket];
    return socket;
  }

  it('shows each name its certificate, all others the default one, and a renewed one without another process', async () => {
    const [first, second] = [await certificateFor('a.example.com'), await certificateFor('*.example.com')];
    await proxy.apply(state([route('a.example.com', 'a')], undefined, [first, second]));
    expect(await certificateShown('a.example.com')).toMatchObject({ CN: 'a.example.com', protocol: 'h2' });
    expect(await certificateShown('b.example.com')).toMatchObject({ CN: '*.example.com' });
    const { CN, serialNumber } = await certificateShown('elsewhere');
    expect(CN).toBe('Berth Ingress Default Certificate');
    const before = [workers(), await certificateShown('a.example.com')] as const;
    await proxy.apply(state([route('a.example.com', 'a')], undefined, [await certificateFor('a.example.com'), second]));
    const after = await certificateShown('a.example.com');
    expect(after.CN).toBe('a.example.com');
    expect(after.serialNumber).not.toBe(before[1].serialNumber);
    expect(workers()).toEqual(before[0]);
    // Another process shows the same default, and one that is named takes its place.
    await proxy.apply(state([route('a.example.com', 'a'), route('b', 'a')], undefined, [first]));
    expect((await certificateShown('elsewhere')).serialNumber).toBe(serialNumber);
    await proxy.apply(state([route('a.example.com', 'a')], undefined, [{ ...first, hosts: ['*'] }]));
    expect((await certificateShown('elsewhere')).CN).toBe('a.example.com');
  });

  it('speaks HTTP/2 with clients, also without TLS, and with backends that say so', async () => {
    const grpc = http2.createServer();
    grpc.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.pipe(stream);
    });
    grpc.listen(0, '127.0.0.1');
    await once(grpc, 'listening');
    const { port } = grpc.address() as { port: number };
    await proxy.apply(state([route('h', 'a')], [backend('a', { protocol: 'h2c', endpoints: [{ ip: '127.0.0.1', port }] })]));
    for (const origin of [`http://${address}:${httpPort}`, `https://${address}:${httpsPort}`]) {
      const session = http2.connect(origin, { rejectUnauthorized: false });
      const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': 'h', te: 'trailers' });
      stream.write('one');
      expect(String((await once(stream, 'data'))[0])).toBe('one'); // before the request has ended
      const trailers = once(stream, 'trailers');
      stream.end('two');
      expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
      session.destroy();
    }
    grpc.close();
  });

  it('tells backends who the client is, and believes nobody else', async () => {
    await proxy.apply(state([route('h', 'a')]));
    const lies = {
      'x-forwarded-for': '1.1.1.1',
      'x-real-ip': '1.1.1.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
      forwarded: 'for=1.1.1.1',
      proxy: 'x',
    };
    const { headers } = (await get('h', '/', lies)).said;
    const us = headers['x-real-ip'];
    expect(us).toMatch(/^127\./);
    expect(headers).toMatchObject({
      'x-forwarded-for': us,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'h',
      'x-forwarded-port': `${httpPort}`,
      host: 'h',
    });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['forwarded']));
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['proxy']));
    proxy.close();
    proxy = open(['127.0.0.0/8']);
    await proxy.apply(state([route('h', 'a')]));
    const trusted = (await get('h', '/', lies)).said.headers;
    expect(trusted).toMatchObject({
      'x-forwarded-for': `1.1.1.1, ${us}`,
      'x-real-ip': '1.1.1.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
    });
  });

  it('sends plain requests to HTTPS where it is told to', async () => {
    await proxy.apply(state([route('h', 'a')], [backend('a', { redirectsToTls: true })]));
    const { status, headers } = await get('H:8080', '/x?y=z');
    expect([status, headers.location]).toEqual([308, `https://h:${httpsPort}/x?y=z`]);
  });

  it('is found by who comes after, and tells when it has ended', async () => {
    await proxy.apply(state([route('h', 'a')]));
    const [master] = pidsOf('root');
    proxy.close();
    proxy = open();
    await proxy.apply(state([route('h', 'b')]));
    expect((await get('h', '/')).said.name).toBe('b');
    expect(pidsOf('root')).toEqual([master]);
    for (const user of ['haproxy', 'root']) {
      const ended = new Promise<void>((resolve) => proxy.onEnd(resolve));
      process.kill(pidsOf(user)[0]!, 'SIGKILL');
      await ended;
      await proxy.apply(state([route('h', 'b')]));
      expect((await get('h', '/')).said.name).toBe('b');
    }
    expect(await proxy.metrics()).toMatch(/haproxy_frontend_http_requests_total\{proxy="ingress"/);
  });

  it('keeps serving what it served when it is told something that cannot be', async () => {
    await proxy.apply(state([route('h', 'a')]));
    const broken = { hosts: ['x.example.com'], certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', key: '' };
    await expect(proxy.apply(state([route('h', 'b')], undefined, [broken]))).rejects.toThrow(/configuration is refused/);
    expect((await get('h', '/')).said.name).toBe('a');
    await proxy.apply(state([route('h', 'b')]));
    expect((await get('h', '/')).said.name).toBe('b');
  });
});
