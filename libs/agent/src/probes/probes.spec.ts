import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { systemClock } from '#base';
import { ManualClock } from '#base/testing';
import { health } from '#proto';
import { check, type CheckTarget, type Handler, portNumber } from './check.ts';
import { ContainerProbes, type ProbesOptions } from './container-probes.ts';

describe('one check', () => {
  let server: Server;
  let port: number;
  const seen: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers['user-agent']} ${request.headers.host} ${String(request.headers['x-a'] ?? '')}`);
      if (request.url === '/slow') return;
      response.writeHead(Number(request.url?.slice(1)) || 200).end('body');
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
    ['/200', undefined],
    ['/399', undefined],
    ['/404', 'HTTP probe failed with statuscode: 404'],
    ['/500', 'HTTP probe failed with statuscode: 500'],
  ])('by HTTP of %s', async (path, message) => {
    expect(await run({ httpGet: { path, port: 'web' } })).toEqual(message ? { ok: false, message } : { ok: true });
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
          { name: 'user-agent', value: 'me' },
        ],
      },
    });
    expect(seen).toEqual(['/x me h 1']);
  });

  it('gives up in time', async () => {
    expect(await run({ httpGet: { path: '/slow', port } }, { timeoutMs: 50 })).toMatchObject({
      ok: false,
      message: expect.stringContaining('context deadline exceeded'),
    });
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

  it('of a port that is not there', async () => {
    expect(await run({ httpGet: { port: 'no' } })).toMatchObject({ ok: false, message: "couldn't find port: no" });
    expect(portNumber('web', { container: { ports: [{ name: 'web', containerPort: 5 }] } })).toBe(5);
  });
});

describe('the probes of a container', () => {
  function setUp(container: ProbesOptions['container'], results: Record<string, boolean>) {
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
        message: expect.stringMatching(/^error: health rpc failed: .* code = UNAVAILABLE/),
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
