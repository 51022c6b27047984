import { Metadata, type sendUnaryData, Server, ServerCredentials, type ServerWritableStream, status } from '@grpc/grpc-js';
import { systemClock } from '#base';
import { notFound } from '#api';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { resources } from '#objects';
import { resources as wire } from '#proto';
import { silentLogger } from '#telemetry';
import { create } from '../verbs.ts';
import { statusMetadataKey } from './errors.ts';
import { grpcApi } from './grpc-api.ts';

const now = systemClock.now();
let ca: KeyPairPem;
let serverPair: KeyPairPem;
let clientPair: KeyPairPem;

beforeAll(async () => {
  ca = await createAuthority('test', now);
  serverPair = await issueCertificate(ca, { commonName: 'api', ipAddresses: ['127.0.0.1'], usages: ['server'] }, now);
  clientPair = await issueCertificate(ca, { commonName: 'system:test', organizations: ['g'], usages: ['client'] }, now);
});

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo();
});

const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', resourceVersion: '5' } });
const bytes = (object: unknown): Buffer => Buffer.from(JSON.stringify(object));

function refuse(): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  metadata.set(statusMetadataKey, bytes(notFound({ group: '', resource: 'pods' }, 'x').status));
  return { code: status.NOT_FOUND, details: 'not found', metadata };
}

async function serve(port = 0) {
  const server = new Server();
  const batches: number[] = [];
  const watches: ServerWritableStream<wire.WatchRequest, wire.WatchReply>[] = [];
  server.addService(wire.ResourcesService, {
    get: (call: { request: wire.GetRequest }, reply: sendUnaryData<wire.ObjectReply>) =>
      call.request.name === 'x' ? reply(refuse()) : reply(null, { object: bytes(pod(call.request.name)) }),
    list: (_call: unknown, reply: sendUnaryData<wire.ListReply>) =>
      reply(null, { resourceVersion: '9', objects: [bytes(pod('a')), bytes(pod('b'))] }),
    watch: (call: ServerWritableStream<wire.WatchRequest, wire.WatchReply>) => {
      if (call.request.resourceVersion === '1') return call.emit('error', { code: status.OUT_OF_RANGE, details: 'too old' });
      watches.push(call);
      const added = { type: wire.WatchEvent_Type.TYPE_ADDED, object: bytes(pod('a')), resourceVersion: '5' };
      const bookmark = { type: wire.WatchEvent_Type.TYPE_BOOKMARK, object: Buffer.alloc(0), resourceVersion: '9' };
      call.write({ events: [added, bookmark] });
      return true;
    },
    writeMany: (call: { request: wire.WriteManyRequest }, reply: sendUnaryData<wire.WriteManyReply>) => {
      batches.push(call.request.items.length);
      const results = call.request.items.map((item) => ({
        status: item.name === 'x' ? bytes(refuse()) : Buffer.alloc(0),
        object: item.wantObject ? item.body : Buffer.alloc(0),
        resourceVersion: '10',
        uid: 'u',
      }));
      reply(null, { results });
    },
  });
  const pair = { cert_chain: Buffer.from(serverPair.certificate), private_key: Buffer.from(serverPair.key) };
  const secret = ServerCredentials.createSsl(Buffer.from(ca.certificate), [pair], true);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, secret, (err, at) => (err ? reject(err) : resolve(at)));
  });
  cleanUp.push(() => server.forceShutdown());
  return { port: bound, batches, watches, stop: () => server.forceShutdown() };
}

function connect(...ports: number[]) {
  const identity = { ca: ca.certificate, cert: clientPair.certificate, key: clientPair.key };
  const api = grpcApi({ ...identity, servers: ports.map((port) => `127.0.0.1:${port}`), logger: silentLogger });
  cleanUp.push(() => api.close());
  return api;
}

describe('grpcApi', () => {
  it('reads, writes in batches of 256, and answers the server’s Status as ApiError', async () => {
    const server = await serve();
    const api = connect(server.port);
    expect(await api.get({ resource: resources.pods, name: 'a' })).toEqual(pod('a'));
    expect((await api.list({ resource: resources.pods })).items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
    await expect(api.get({ resource: resources.pods, name: 'x' })).rejects.toMatchObject({ code: 404, message: 'pods "x" not found' });
    const items = Array.from({ length: 300 }, (_, i) => ({ verb: 'create' as const, resource: resources.pods, object: pod(`p${i}`) }));
    expect(await api.writeMany(items)).toHaveLength(300);
    expect(await create(api, resources.pods, pod('a'))).toEqual(pod('a'));
    expect(server.batches).toEqual([256, 44, 1]);
  });

  it('watches until the signal aborts, and says when the connection is lost or the log too short', async () => {
    const server = await serve();
    const api = connect(server.port);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const batch of api.watch({ resource: resources.pods }, stop.signal)) {
      seen.push(...batch.map((event) => event.type));
      stop.abort();
    }
    expect(seen).toEqual(['added', 'bookmark']);
    const never = new AbortController().signal;
    const drain = async (resourceVersion: string): Promise<void> => {
      for await (const _batch of api.watch({ resource: resources.pods, resourceVersion }, never)) server.watches.at(-1)?.end();
    };
    await expect(drain('1')).rejects.toMatchObject({ code: 410 });
    await expect(drain('2')).rejects.toMatchObject({ code: 503 });
  });

  it('goes over to another server, and back to a restarted one', async () => {
    const [one, two] = [await serve(), await serve()];
    const api = connect(one.port, two.port);
    await api.get({ resource: resources.pods, name: 'a' });
    one.stop();
    expect(await api.get({ resource: resources.pods, name: 'b' })).toEqual(pod('b'));
    await serve(one.port);
    two.stop();
    expect(await api.get({ resource: resources.pods, name: 'c' })).toEqual(pod('c'));
  });

  it('fails with 503 when nobody listens', async () => {
    const server = await serve();
    server.stop();
    const identity = { ca: ca.certificate, cert: clientPair.certificate, key: clientPair.key };
    const api = grpcApi({ ...identity, servers: [`127.0.0.1:${server.port}`], logger: silentLogger, connectTimeoutMs: 50 });
    await expect(api.get({ resource: resources.pods, name: 'a' })).rejects.toMatchObject({ code: 503 });
    api.close();
  });
});
