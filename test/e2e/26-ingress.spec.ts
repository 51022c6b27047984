import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import { type ClientOptions, WebSocket } from 'ws';
import { runCommand } from '#base';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { berth, env, eventually, fetchText, getJson, kubectl } from './clients.ts';
import { buildWeb, nodeAddress, nodeName, registry } from './shop.ts';

const offset = Number(process.env.BERTH_PORT_OFFSET ?? 0);
const [httpPort, httpsPort] = [80 + offset, 443 + offset];
const hosts = ['web.example.com', 'echo.example.com'];

let authority: KeyPairPem;

beforeAll(async () => {
  authority = await createAuthority('test', new Date());
  await buildWeb('v1');
  const manifest = await readFile('test/e2e/manifests/ingress.yaml', 'utf8');
  await kubectl(['apply', '-f', '-'], manifest.replaceAll('REGISTRY', registry).replaceAll('ROOT', process.cwd()));
  await renewCertificate();
  for (const name of ['web', 'echo']) await kubectl(['-n', 'front', 'rollout', 'status', `deployment/${name}`, '--timeout=60s']);
  await eventually('every node to answer', async () => {
    const answers = await Promise.all([1, 2, 3].flatMap((n) => hosts.map((host) => get(n, host, '/'))));
    return answers.every(({ status }) => status === 200);
  });
});
afterAll(() => kubectl(['delete', 'namespace', 'front', '--wait=false']));

/** Of all nodes, each of both families. */
async function nodeAddresses(): Promise<string[]> {
  const path = '{range .items[*].status.addresses[?(@.type=="InternalIP")]}{.address}{"\\n"}{end}';
  return (await kubectl(['get', 'nodes', '-o', `jsonpath=${path}`])).trim().split('\n');
}

async function renewCertificate(): Promise<void> {
  const { certificate, key } = await issueCertificate(
    authority,
    { commonName: hosts[0]!, dnsNames: hosts, usages: ['server'] },
    new Date(),
  );
  const stringData = { 'tls.crt': certificate, 'tls.key': key };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'front', namespace: 'front' },
    type: 'kubernetes.io/tls',
    stringData,
  };
  await kubectl(['apply', '-f', '-'], JSON.stringify(secret));
}

/** Over TLS, by a certificate that is trusted for the host. */
async function get(node: number, host: string, path: string, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
  const call = request({
    host: nodeAddress(node),
    port: httpsPort,
    servername: host,
    path,
    headers: { host },
    ca: authority.certificate,
    timeout: 5_000,
    ...options,
  });
  call.on('timeout', () => call.destroy(new Error('no answer')));
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, text: Buffer.concat(chunks).toString() };
}

/** Requests on kept connections until it is stopped; answers every failure. */
function requestsTo(node: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const failures: string[] = [];
  let count = 0;
  let isRunning = true;
  const loop = async (): Promise<void> => {
    while (isRunning) {
      const { status, text } = await get(node, 'web.example.com', '/', { agent }).catch((err: unknown) => ({
        status: 0,
        text: String(err),
      }));
      count++;
      if (status !== 200) failures.push(`${new Date().toISOString()} node ${node}: ${status} ${text.slice(0, 120)}`);
    }
  };
  const loops = Promise.all([loop(), loop()]);
  return async () => {
    isRunning = false;
    await loops;
    agent.destroy();
    return { count, failures };
  };
}

const webSocketTo = (node: number): WebSocket => {
  const options: ClientOptions & { servername: string } = {
    ca: authority.certificate,
    servername: 'echo.example.com',
    headers: { host: 'echo.example.com' },
  };
  return new WebSocket(`wss://${nodeAddress(node)}:${httpsPort}/chat`, options);
};

async function serialShown(): Promise<string> {
  const socket = connect({ host: nodeAddress(1), port: httpsPort, servername: hosts[0]!, ca: authority.certificate });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

describe('an ingress', () => {
  it('has the addresses of the nodes, and the class of those that name none', async () => {
    const [line] = (await kubectl(['-n', 'front', 'get', 'ingress', '--no-headers'])).trim().split('\n');
    const addresses = (await nodeAddresses()).toSorted().join();
    expect(line!.split(/ {2,}/).slice(0, 5)).toEqual(['front', 'berth', hosts.join(), addresses, '80, 443']);
    expect(await kubectl(['-n', 'front', 'describe', 'ingress', 'front'])).toMatch(/Normal +Sync .*ingress-controller +Served at /);
  });

  it('loses no request and no WebSocket through a rolling update and a change of its rules', async () => {
    const socket = webSocketTo(2);
    await once(socket, 'open');
    let closed = false;
    socket.once('close', () => (closed = true));
    const stops = [requestsTo(1), requestsTo(3)];
    await kubectl(['-n', 'front', 'set', 'env', 'deployment/web', 'VERSION=v2']);
    const rule = {
      host: 'more.example.com',
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
    };
    await kubectl([
      '-n',
      'front',
      'patch',
      'ingress',
      'front',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'add', path: '/spec/rules/-', value: rule }]),
    ]);
    await kubectl(['-n', 'front', 'rollout', 'status', 'deployment/web', '--timeout=60s']);
    await eventually('only the new version to answer', async () => (await get(1, 'web.example.com', '/')).text.startsWith('v2'));
    const results = await Promise.all(stops.map((stop) => stop()));
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    expect(Math.min(...results.map(({ count }) => count))).toBeGreaterThan(20);
    expect(closed).toBe(false);
    socket.send('still here');
    expect(String((await once(socket, 'message'))[0])).toBe('still here');
    socket.close();
  });

  it.each([
    ['/', 'web'],
    ['/echo', 'web'],
    ['/echo/', 'echo'],
    ['/echo/x?y', 'echo'],
    ['/echoes', 'web'],
  ])('leads %s to %s', async (path, want) => {
    const { text } = await get(1, 'web.example.com', path);
    expect(text.startsWith('echo ') ? 'echo' : 'web').toBe(want);
  });

  it('tells who asks, and answers 404 for hosts that nobody has', async () => {
    const { text } = await get(1, 'echo.example.com', '/', { headers: { host: 'echo.example.com', 'x-forwarded-for': '192.0.2.9' } });
    const headers = JSON.parse(text.slice(text.indexOf('{'))) as Record<string, string>;
    expect(headers).toMatchObject({
      'x-forwarded-for': nodeAddress(1).replace(/\d+$/, '1'),
      'x-forwarded-proto': 'https',
      host: 'echo.example.com',
    });
    expect(await fetchText(`http://${nodeAddress(1)}:${httpPort}/`)).toEqual({ status: 404, body: 'default backend - 404' });
  });

  it('speaks HTTP/2 with curl, and gRPC', async () => {
    const at = ['--resolve', `${hosts[0]}:${httpsPort}:${nodeAddress(1)}`, `https://${hosts[0]}:${httpsPort}/`];
    const { stdout } = await runCommand(['curl', '-sk', '--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', ...at]);
    expect(stdout).toBe('2 200');
    const trusted = credentials.createSsl(Buffer.from(authority.certificate));
    const client = new Client(`${nodeAddress(1)}:${httpsPort}`, trusted, {
      'grpc.ssl_target_name_override': 'echo.example.com',
      'grpc.default_authority': 'echo.example.com',
    });
    const bytes = (value: Buffer): Buffer => value;
    const answer = await new Promise((resolve, reject) =>
      client.makeUnaryRequest('/test.Echo/Once', bytes, bytes, Buffer.from('hello'), (err, value) =>
        err ? reject(err) : resolve(String(value)),
      ),
    );
    expect(answer).toBe('hello');
    const stream = client.makeBidiStreamRequest('/test.Echo/Stream', bytes, bytes);
    for (const text of ['one', 'two']) {
      stream.write(Buffer.from(text));
      expect(String((await once(stream, 'data'))[0])).toBe(text);
    }
    const status = once(stream, 'status');
    stream.resume().end();
    expect((await status)[0]).toMatchObject({ code: 0 });
    client.close();
  });

  it('shows a renewed certificate, and keeps the connections that it has', async () => {
    const socket = webSocketTo(1);
    await once(socket, 'open');
    const before = await serialShown();
    await renewCertificate();
    await eventually('the new certificate to be shown', async () => (await serialShown()) !== before);
    socket.send('still here');
    expect(String((await once(socket, 'message'))[0])).toBe('still here');
    socket.close();
  });

  it('is served while the agent of its node is away, and again when the proxy was killed', async () => {
    const stop = requestsTo(2);
    const pid = Number(await readFile(`${env('BERTH_HOME')}/nodes/${nodeName(2)}/agent.pid`, 'utf8'));
    process.kill(pid, 'SIGKILL');
    await eventually(
      'another agent',
      async () => Number(await readFile(`${env('BERTH_HOME')}/nodes/${nodeName(2)}/agent.pid`, 'utf8')) !== pid,
    );
    await eventually('the node to be ready', async () => (await berth('status')).includes(nodeName(2)));
    await kubectl(['-n', 'front', 'rollout', 'restart', 'deployment/web']);
    await kubectl(['-n', 'front', 'rollout', 'status', 'deployment/web', '--timeout=60s']);
    expect((await stop()).failures).toEqual([]);
    const { stdout } = await runCommand(['pgrep', '-f', `haproxy .*${env('BERTH_HOME')}/nodes/${nodeName(2)}/ingress/`]);
    for (const proxy of stdout.trim().split('\n')) process.kill(Number(proxy), 'SIGKILL');
    await eventually('the proxy to be back', async () => (await get(2, 'web.example.com', '/')).status === 200);
    const { ingress } = (await getJson('ingress', 'front', '-n', 'front')).status.loadBalancer;
    expect(new Set(ingress.map(({ ip }: { ip: string }) => ip))).toEqual(new Set(await nodeAddresses()));
  });
});
