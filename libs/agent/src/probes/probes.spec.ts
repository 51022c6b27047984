import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { systemClock } from '#base';
import { ManualClock } from '#base/testing';
import { createAuthority } from '#pki';
import { health } from '#proto';
import { check, type CheckTarget, type Handler, portNumber } from './check.ts';
import { ContainerProbes, type ProbesOptions } from './container-probes.ts';

describe('one check', () => {
  let server: Server;
  let port: number;
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { url = '', headers, headersDistinct } = request;
      seen.push(`${url} ${headers['user-agent']} ${headers.host} ${(headersDistinct['x-a'] ?? []).join('+')}`);
      const [, , left = ''] = url.split('/');
      if (url === '/slow') return;
      if (url === '/stuck') return void response.writeHead(200).write('a part');
      if (url.startsWith('/times/')) return void response.writeHead(302, { location: left === '1' ? '/404' : `${Number(left) - 1}` }).end();
      if (url.startsWith('/to/')) return void response.writeHead(307, { location: decodeURIComponent(left) }).end('moved');
      response.writeHead(Number(url.slice(1)) || 200).end('b'.repeat(url === '/300' ? 20_000 : 1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const run = (handler: Handler, more: Partial<CheckTarget> = {}) =>
    check(handler, {
      container: { ports: [{ name: 'web', containerPort: port }] },
      podIp: '127.0.0.1',
      exec: async () => ({ exitCode: 0, output: '' }),
      clock: systemClock,
      timeoutMs: 2000,
      ...more,
    });

  it.each([
    ['/200', { ok: true }],
    ['/399', { ok: true, warning: 'Probe terminated redirects, Response body: b' }],
    ['/300', { ok: true, warning: `Probe terminated redirects, Response body: ${'b'.repeat(10_240)}` }],
    ['/404', { ok: false, message: 'HTTP probe failed with statuscode: 404' }],
    ['/500', { ok: false, message: 'HTTP probe failed with statuscode: 500' }],
    ['/to/%2F204', { ok: true }],
    ['/to/%2F404', { ok: false, message: 'HTTP probe failed with statuscode: 404' }],
    ['/times/9', { ok: false, message: 'HTTP probe failed with statuscode: 404' }],
    ['/times/10', { ok: false, message: expect.stringMatching(/^Get "http:.*\/times\/1": stopped after 10 redirects$/) }],
    ['/to/http%3A%2F%2Fother.example%2F', { ok: true, warning: 'Probe terminated redirects, Response body: moved' }],
    ['/to/mailto%3Aa%40b', { ok: true, warning: 'Probe terminated redirects, Response body: moved' }],
    ['/to/http%3A%2F%2F%5B', { ok: false, message: expect.stringContaining('failed to parse Location header "http://["') }],
    ['/to/ftp%3A%2F%2F127.0.0.1%2F', { ok: false, message: expect.stringContaining('unsupported protocol scheme "ftp"') }],
  ])('by HTTP of %s', async (path, want) => {
    expect(await run({ httpGet: { path, port: 'web' } })).toEqual(want);
  });

  it.each([
    ['/to/%2Fnext', '/next - h '],
    ['/to/http%3A%2F%2F127.0.0.1%3APORT%2Fnext', '/next - 127.0.0.1:PORT '],
  ])('keeps the host that was named while only paths follow: %s', async (path, want) => {
    seen.length = 0;
    const httpHeaders = [
      { name: 'Host', value: 'h' },
      { name: 'User-Agent', value: '-' },
    ];
    await run({ httpGet: { path: path.replace('PORT', String(port)), port, httpHeaders } });
    expect(seen.at(-1)).toBe(want.replace('PORT', String(port)));
  });

  it.each([
    ['a name with ports of other names', { port: 'no' }, 'strconv.Atoi: parsing "no": invalid syntax'],
    ['a number that is none', { port: '70000' }, 'invalid port number: 70000'],
    ['a body that does not end', { port: 'web', path: '/stuck' }, expect.stringContaining('while reading body')],
  ])('knows nothing after %s', async (_case, action, message) => {
    expect(await run({ httpGet: action }, { timeoutMs: 300 })).toEqual({ ok: false, unknown: true, message });
  });

  it.each([
    ['/a b/ü?q=1#f', '/a%20b/%C3%BC?q=1'],
    ['http://x.example/p?q', '/p?q'],
    ['?q', '/?q'],
    ['/a/../b', '/a/../b'],
  ])('asks for %s', async (path, want) => {
    seen.length = 0;
    await run({ httpGet: { path, port } });
    expect(seen[0]?.split(' ')[0]).toBe(want);
  });

  it('asks as the kubelet does, with the headers that are wanted', async () => {
    seen.length = 0;
    await run({
      httpGet: {
        path: 'x',
        port,
        httpHeaders: [
          { name: 'Host', value: 'h' },
          { name: 'x-a', value: '1' },
          { name: 'X-A', value: '2' },
          { name: 'user-agent', value: 'me' },
          { name: 'Content-Length', value: '5' },
        ],
      },
    });
    expect(seen).toEqual(['/x me h 1+2']);
  });

  it('as a hook asks under its own name, takes any answer for done, and knows no sockets', async () => {
    seen.length = 0;
    const hook = { hook: true };
    expect(await run({ httpGet: { path: '/500', port } }, hook)).toEqual({ ok: true });
    expect(await run({ httpGet: { path: '/to/http%3A%2F%2Fother.example%2F', port } }, hook)).toEqual({ ok: true });
    expect(seen[0]).toContain(' kube-lifecycle/1.36 ');
    expect(await run({ httpGet: { port: 1 } }, hook)).toMatchObject({ ok: false });
    expect(await run({ tcpSocket: { port } }, hook)).toMatchObject({ ok: false });
  });

  it('by HTTPS, whoever signed the certificate', async () => {
    const { certificate, key } = await createAuthority('nobody', new Date('2020-01-01'));
    const secure = createSecureServer({ cert: certificate, key }, (_request, response) => response.end('ok'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const httpGet = { port: (secure.address() as AddressInfo).port, scheme: 'HTTPS', httpHeaders: [{ name: 'Host', value: 'a.example' }] };
    try {
      expect(await run({ httpGet })).toEqual({ ok: true });
      expect(await run({ httpGet: { ...httpGet, port } })).toMatchObject({
        ok: false,
        message: `Get "https://127.0.0.1:${port}/": http: server gave HTTP response to HTTPS client`,
      });
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });

  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('killed')), { once: true }));

  it.each<[string, (port: number, silent: number) => Handler, string]>([
    ['HTTP', (at) => ({ httpGet: { path: '/slow', port: at } }), 'context deadline exceeded'],
    ['gRPC', (_at, silent) => ({ grpc: { port: silent } }), 'timeout: health rpc did not complete within 5s'],
    ['command', () => ({ exec: { command: ['a', 'b'] } }), 'command timed out: "a b" timed out after 5s'],
  ])('gives up in time, and not before: by %s', async (_how, handler, message) => {
    const clock = new ManualClock();
    const sockets: Socket[] = [];
    const silent = createNetServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const exec = (_command: string[], signal: AbortSignal): Promise<never> => untilAborted(signal);
      const result = run(handler(port, (silent.address() as AddressInfo).port), { clock, timeoutMs: 5_000, exec });
      let over = false;
      void result.then(() => (over = true));
      await clock.advance(4_999);
      expect(over).toBe(false);
      await clock.advance(1);
      expect(await result).toEqual({ ok: false, message: expect.stringContaining(message) });
      expect(clock.pending).toBe(0);
    } finally {
      silent.close();
      for (const socket of sockets) socket.destroy();
    }
  });

  it('by TCP', async () => {
    expect(await run({ tcpSocket: { port } })).toEqual({ ok: true });
    expect(await run({ tcpSocket: { port: 1 } })).toEqual({ ok: false, message: 'dial tcp 127.0.0.1:1: connect: connection refused' });
  });

  it('by command', async () => {
    expect(await run({ exec: { command: ['x'] } }, { exec: async () => ({ exitCode: 1, output: 'bad' }) })).toEqual({
      ok: false,
      message: 'bad',
    });
  });

  it('by command: what cannot be run tells nothing', async () => {
    expect(await run({ exec: { command: ['x'] } }, { exec: () => Promise.reject(new Error('no such file')) })).toEqual({
      ok: false,
      unknown: true,
      message: 'no such file',
    });
  });

  it('of a port by its name, or by a number that is written as a text', () => {
    const container = { ports: [{ name: 'web', containerPort: 5 }] };
    expect([portNumber('web', { container }), portNumber('80', { container }), portNumber(81, { container })]).toEqual([5, 80, 81]);
  });
});

describe('the probes of a container', () => {
  function setUp(container: ProbesOptions['container'], results: Record<string, boolean | 'unknown'>) {
    const clock = new ManualClock();
    const seen: string[] = [];
    const counts: Record<string, number> = {};
    const nameOf = (probe: object): string =>
      Object.entries(container)
        .find(([, p]) => p === probe)![0]
        .replace('Probe', '');
    const probes = new ContainerProbes({
      container,
      clock,
      startedAt: clock.now(),
      check: async (probe) => {
        const name = nameOf(probe);
        counts[name] = (counts[name] ?? 0) + 1;
        if (results[name] === 'unknown') return { ok: false, unknown: true, message: 'no' };
        return results[name] ? { ok: true } : { ok: false, message: 'no' };
      },
      changed: (kind, healthy) => void seen.push(`${kind} ${healthy}`),
      checked: () => undefined,
    });
    return { clock, seen, counts, probes, results };
  }

  it('kill after as many failures in a row as the threshold says', async () => {
    const { clock, seen, results, probes } = setUp(
      { livenessProbe: { periodSeconds: 10, failureThreshold: 3, initialDelaySeconds: 5 } },
      { liveness: true },
    );
    await clock.advance(5_000);
    expect(seen).toEqual(['liveness true']);
    results['liveness'] = false;
    await clock.advance(20_000);
    expect(seen).toEqual(['liveness true']);
    await clock.advance(10_000);
    expect(seen).toEqual(['liveness true', 'liveness false']);
    probes.stop();
    expect(clock.pending).toBe(0);
  });

  it('look again soon while a container is not ready, and by its period once it is', async () => {
    const { clock, seen, results, counts, probes } = setUp({ readinessProbe: { periodSeconds: 10 } }, { readiness: false });
    await clock.advance(350);
    expect(counts['readiness']).toBe(3);
    results['readiness'] = true;
    await clock.advance(400);
    expect(seen.at(-1)).toBe('readiness true');
    const before = counts['readiness']!;
    await clock.advance(9_000);
    expect(counts['readiness']).toBe(before);
    probes.stop();
  });

  it('wait for the startup probe', async () => {
    const container = {
      startupProbe: { periodSeconds: 1, failureThreshold: 5 },
      readinessProbe: { periodSeconds: 1 },
      livenessProbe: { periodSeconds: 1 },
    };
    const { clock, seen, results, counts, probes } = setUp(container, { startup: false, readiness: true, liveness: true });
    await clock.advance(2_500);
    expect(counts).toEqual({ startup: 3 });
    results['startup'] = true;
    await clock.advance(1_000);
    expect(seen).toEqual(['startup true', 'liveness true', 'readiness true']);
    probes.stop();
  });

  it('go on asking for readiness, and for nothing else, once the container is to end', async () => {
    const container = { livenessProbe: { periodSeconds: 1 }, readinessProbe: { periodSeconds: 1, failureThreshold: 1 } };
    const { clock, seen, results, counts, probes } = setUp(container, { readiness: true, liveness: true });
    await clock.advance(500);
    probes.readinessOnly();
    Object.assign(results, { readiness: false, liveness: false });
    await clock.advance(5_000);
    expect(seen).toEqual(['liveness true', 'readiness true', 'readiness false']);
    expect(counts['liveness']).toBe(1);
    probes.stop();
    expect(clock.pending).toBe(0);
  });

  it('take no action for a check that could not be made', async () => {
    const { clock, seen, results, counts, probes } = setUp({ livenessProbe: { periodSeconds: 1 } }, { liveness: 'unknown' });
    await clock.advance(10_000);
    expect([seen, counts['liveness']]).toEqual([[], 11]);
    results['liveness'] = false;
    await clock.advance(3_000);
    expect(seen).toEqual(['liveness false']);
    probes.stop();
  });

  it('count successes too', async () => {
    const { clock, seen, probes } = setUp({ readinessProbe: { periodSeconds: 1, successThreshold: 3 } }, { readiness: true });
    await clock.advance(100);
    expect(seen).toEqual([]);
    await clock.advance(2_000);
    expect(seen).toEqual(['readiness true']);
    probes.stop();
  });
});

describe('a gRPC probe', () => {
  it('succeeds as soon as the server answers, however often it was refused before', async () => {
    const address = await freeAddress();
    const target = { container: {}, podIp: '127.0.0.1', clock: systemClock, timeoutMs: 60_000, exec: never };
    const probe = () => check({ grpc: { port: Number(address.split(':')[1]) } }, target);
    for (const _ of [1, 2, 3])
      expect(await probe()).toMatchObject({
        ok: false,
        message: expect.stringContaining(`error: failed to connect service at "${address}": No connection established`),
      });
    const server = new GrpcServer();
    server.addService(health.HealthService, {
      check: (_call, reply) => reply(null, { status: health.HealthCheckResponse_ServingStatus.SERVING }),
      watch: () => undefined,
    } satisfies health.HealthServer);
    await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
    expect(await probe()).toEqual({ ok: true });
    server.forceShutdown();
  });
});

const never = (): never => {
  throw new Error('nothing is to be executed');
};

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
