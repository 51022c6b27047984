import 'reflect-metadata';
import { connect as http2 } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { ApiError, badRequest, builtinTypes, type KubeObject, notFound } from '#api';
import { systemClock, systemRandom } from '#base';
import { nodeServices } from '#nodes';
import { createAuthority, issueCertificate, type KeyPairPem } from '#pki';
import { health, nodeSession, resources } from '#proto';
import { silentLogger } from '#telemetry';
import { createAuthenticator } from '../authentication/index.ts';
import type { Authorizer, ResourceService, ServedEvent, ServedObject, WriteRequest } from '../contract.ts';
import { Channel, type Nodes, NodeSessions, statusIn } from '../nodes/index.ts';
import { createKindCatalog } from '../catalog/kind-catalog.ts';
import { widget } from '../testing/widget.ts';
import { GrpcModule, GrpcServerStrategy } from './index.ts';
import { statusKey } from './status.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const host = '127.0.0.1';

const served = (name: string, revision: number): ServedObject => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: `${revision}` },
  };
  return { object, bytes: Buffer.from(JSON.stringify(object)), revision };
};
const added = (name: string, revision: number): ServedEvent => ({
  type: 'ADDED',
  served: served(name, revision),
  line: () => Buffer.alloc(0),
});

class FakeService {
  readonly writes: WriteRequest[] = [];
  watched: unknown;

  async get({ name }: { name: string }): Promise<ServedObject> {
    if (name === 'absent') throw notFound({ group: '', resource: 'pods' }, name);
    if (name === 'long') throw new TypeError(`${'x'.repeat(100_000)}\ud800`);
    if (name === 'surrogate') throw badRequest('half a pair: \ud800');
    if (name === 'broken') throw new TypeError('oops');
    return served(name, 7);
  }
  async list() {
    return { items: [served('a', 3), served('b', 4)], resourceVersion: '9' };
  }
  async *watch(request: { resourceVersion?: string }): AsyncIterable<readonly ServedEvent[]> {
    this.watched = request;
    if (request.resourceVersion === '1') throw new ApiError({ code: 410, reason: 'Expired', message: 'too old resource version: 1 (5)' });
    yield Array.from({ length: 600 }, (_, i) => added(`p${i}`, i + 1));
    yield [{ type: 'BOOKMARK', resourceVersion: '600', initialEventsEnd: true }];
    yield [added('late', 601)];
  }
  async writeMany(requests: readonly WriteRequest[]) {
    this.writes.push(...requests);
    return requests.map((request) => ({ ok: true as const, outcome: 'updated' as const, served: served(request.name ?? 'made', 11) }));
  }
}

const authorizer: Authorizer = {
  async authorize(user, { verb }) {
    return { allowed: user.groups.includes('system:masters') && verb !== 'delete', reason: '' };
  },
};

describe('gRPC over mutual TLS', () => {
  const service = new FakeService();
  const catalog = createKindCatalog({ kinds: [], types: builtinTypes });
  let ca: KeyPairPem;
  let nodes: Nodes;
  let port: number;
  let close: () => Promise<void>;
  const opened: { close(): void }[] = [];

  const channel = async (commonName: string, organizations: string[]) => {
    const { certificate, key } = await issueCertificate(ca, { commonName, organizations, usages: ['client'] }, systemClock.now());
    return credentials.createSsl(Buffer.from(ca.certificate), Buffer.from(key), Buffer.from(certificate));
  };
  const client = async (commonName: string, organizations: string[]) => {
    const made = new resources.ResourcesClient(`${host}:${port}`, await channel(commonName, organizations));
    opened.push(made);
    return made;
  };
  const nodeClient = async (node: string) => {
    const made = new nodeSession.NodeSessionClient(`${host}:${port}`, await channel(`system:node:${node}`, ['system:nodes']));
    opened.push(made);
    return made;
  };

  beforeAll(async () => {
    ca = await createAuthority('test', systemClock.now());
    const { certificate, key } = await issueCertificate(
      ca,
      { commonName: 'api', ipAddresses: [host], usages: ['server'] },
      systemClock.now(),
    );
    const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const sessions = new NodeSessions(parts);
    const view = { get: () => undefined, list: () => [], onChange: () => () => {} };
    nodes = { sessions, ...nodeServices(parts)({ sessions, view, authorizer }) };
    port = 28_000 + (process.pid % 4_000);
    const strategy = new GrpcServerStrategy({
      hosts: [host],
      port,
      tls: { cert: certificate, key, ca: ca.certificate },
      clock: systemClock,
    });
    const authenticator = createAuthenticator({ tokens: { review: async () => undefined } });
    const dependencies = {
      service: service as unknown as ResourceService,
      chain: undefined as never, // not asked here
      kinds: catalog,
      authenticator,
      authorizer,
      nodes,
      clock: systemClock,
      logger: silentLogger,
      ready: () => true,
    };
    const app = await NestFactory.createMicroservice(GrpcModule.forServer(dependencies), { strategy, logger: false });
    await app.listen();
    close = () => app.close();
  });
  afterAll(async () => {
    for (const each of opened) each.close();
    await close();
  });

  const get = (on: resources.ResourcesClient, name: string) =>
    new Promise<resources.ObjectReply>((resolve, reject) =>
      on.get({ resource: pods, namespace: 'default', name }, (err, reply) => (err ? reject(err) : resolve(reply))),
    );

  it('refuses a connection without a client certificate', async () => {
    const on = new resources.ResourcesClient(`${host}:${port}`, credentials.createSsl(Buffer.from(ca.certificate)));
    await expect(get(on, 'a')).rejects.toMatchObject({ code: status.UNAVAILABLE });
    on.close();
  });

  it('answers the bytes that the cache holds', async () => {
    const { object } = await get(await client('admin', ['system:masters']), 'a');
    expect(Buffer.isBuffer(object)).toBe(true);
    expect(JSON.parse(object.toString())).toMatchObject({ metadata: { name: 'a' } });
  });

  it.each([
    {
      who: 'bob',
      groups: ['dev'],
      name: 'a',
      code: status.PERMISSION_DENIED,
      http: 403,
      says: 'pods "a" is forbidden: User "bob" cannot get resource "pods" in API group "" in the namespace "default"',
    },
    { who: 'admin', groups: ['system:masters'], name: 'absent', code: status.NOT_FOUND, http: 404, says: 'pods "absent" not found' },
    { who: 'admin', groups: ['system:masters'], name: 'broken', code: status.INTERNAL, http: 500, says: 'Internal error occurred: oops' },
  ])('carries the whole Status of $http', async ({ who, groups, name, code, http, says }) => {
    const failure = (await get(await client(who, groups), name).catch((err: unknown) => err)) as ServiceError;
    expect(failure.code).toBe(code);
    const [carried] = failure.metadata.get(statusKey);
    expect(JSON.parse(String(carried))).toMatchObject({ kind: 'Status', code: http, message: says });
  });

  it('lists', async () => {
    const on = await client('admin', ['system:masters']);
    const reply = await new Promise<resources.ListReply>((resolve, reject) =>
      on.list({ resource: pods, namespace: '', labelSelector: '', fieldSelector: '' }, (err, answer) =>
        err ? reject(err) : resolve(answer),
      ),
    );
    expect(reply.resourceVersion).toBe('9');
    expect(reply.objects.map((bytes) => JSON.parse(bytes.toString()).metadata.name)).toEqual(['a', 'b']);
  });

  it('watches: present objects in bounded replies, a bookmark, then changes', async () => {
    const on = await client('admin', ['system:masters']);
    const call = on.watch({ resource: pods, namespace: '', labelSelector: '', fieldSelector: '', resourceVersion: '' });
    const replies: resources.WatchReply[] = [];
    for await (const reply of call) replies.push(reply as resources.WatchReply);
    expect(replies.map((reply) => reply.events.length)).toEqual([256, 256, 88, 1, 1]);
    const Type = resources.WatchEvent_Type;
    expect(replies[3]?.events[0]).toMatchObject({ type: Type.TYPE_BOOKMARK, resourceVersion: '600' });
    expect(replies[4]?.events[0]).toMatchObject({ type: Type.TYPE_ADDED, resourceVersion: '601' });
    expect(service.watched).toMatchObject({ sendInitialEvents: true, allowWatchBookmarks: true });
  });

  it('ends a watch from before the log with OUT_OF_RANGE', async () => {
    const on = await client('admin', ['system:masters']);
    const call = on.watch({ resource: pods, namespace: '', labelSelector: '', fieldSelector: '', resourceVersion: '1' });
    const failure = await new Promise<ServiceError>((resolve) => call.on('error', resolve as (err: Error) => void).on('data', () => {}));
    expect(failure.code).toBe(status.OUT_OF_RANGE);
    expect(JSON.parse(String(failure.metadata.get(statusKey)[0]))).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('tells the kinds that are served, and again when that changes', async () => {
    const call = (await client('admin', ['system:masters'])).watchKinds({});
    const replies = call[Symbol.asyncIterator]() as AsyncIterator<resources.WatchKindsReply>;
    expect((await replies.next()).value).toEqual({ kinds: [] });
    catalog.put(widget);
    const resource = { group: 'example.com', version: 'v1', resource: 'widgets' };
    const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
    expect((await replies.next()).value).toEqual({ kinds: [{ resource, kind: 'Widget', namespaced: true, verbs }] });
    catalog.remove(resource);
    expect((await replies.next()).value).toEqual({ kinds: [] });
    call.on('error', () => undefined).cancel();
    const refused = (await client('bob', ['dev'])).watchKinds({});
    const failure = await new Promise<ServiceError>((resolve) => refused.on('error', resolve as (err: Error) => void).on('data', () => {}));
    expect(failure.code).toBe(status.PERMISSION_DENIED);
  });

  it('writes what may be written and refuses the rest, in order', async () => {
    const on = await client('system:kube-scheduler', ['system:masters']);
    const Verb = resources.WriteItem_Verb;
    const item = (verb: resources.WriteItem_Verb, name: string): resources.WriteItem =>
      resources.WriteItem.fromPartial({ verb, resource: pods, namespace: 'default', name, body: Buffer.from('{}'), wantObject: true });
    const items = [item(Verb.VERB_UPDATE, 'x'), item(Verb.VERB_DELETE, 'y'), item(Verb.VERB_UPDATE, 'z'), item(Verb.VERB_UPDATE, '')];
    const { results } = await new Promise<resources.WriteManyReply>((resolve, reject) =>
      on.writeMany({ items }, (err, reply) => (err ? reject(err) : resolve(reply))),
    );
    expect(results.map(({ status: bytes }) => (bytes.length ? JSON.parse(bytes.toString()).code : 0))).toEqual([0, 403, 0, 400]);
    expect(results[0]).toMatchObject({ resourceVersion: '11', uid: 'uid-x' });
    expect(service.writes.map((write) => write.name)).toEqual(['x', 'z']);
    // What Kubernetes calls the parts as field managers.
    expect(service.writes[0]).toMatchObject({ fieldManager: 'kube-scheduler' });
  });

  it('looks at the certificate once a connection', async () => {
    const asked = jest.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    try {
      const admin = await client('admin', ['system:masters']);
      await get(admin, 'a');
      const before = asked.mock.calls.length;
      expect(before).toBeGreaterThan(0);
      for (let i = 0; i < 3; i++) await get(admin, 'a');
      expect(asked.mock.calls.length).toBe(before);
    } finally {
      asked.mockRestore();
    }
  });

  it('answers health checks', async () => {
    const on = new health.HealthClient(`${host}:${port}`, await channel('anyone', []));
    opened.push(on);
    const reply = await new Promise((resolve, reject) => on.check({ service: '' }, (err, answer) => (err ? reject(err) : resolve(answer))));
    expect(reply).toEqual({ status: health.HealthCheckResponse_ServingStatus.SERVING });
  });

  describe('node sessions', () => {
    const never = new AbortController().signal;
    const request = { namespace: 'default', pod: 'p', podUid: 'u', what: { $case: 'port' as const, value: { port: 80 } } };

    it('refuses streams to a node that is not connected', async () => {
      await expect(nodes.sessions.open('n9', request, never)).rejects.toMatchObject({
        status: { code: 500 },
        message: 'error dialing backend: node "n9" is not connected',
      });
    });

    it('refuses a session of another node', async () => {
      const session = (await nodeClient('n1')).session();
      const failure = new Promise<ServiceError>((resolve) => session.on('error', resolve as (err: Error) => void).on('data', () => {}));
      session.write({ message: { $case: 'hello', value: { node: 'n2', version: '1' } } });
      expect((await failure).code).toBe(status.PERMISSION_DENIED);
    });

    const connected = async (node: string) => {
      const agent = await nodeClient(node);
      const session = agent.session();
      const ended = new Promise<ServiceError>((resolve) => session.on('error', resolve as (err: Error) => void));
      const known = new Promise<void>((resolve) => {
        const stop = nodes.sessions.onProgress(() => {
          stop();
          resolve();
        });
      });
      session.write({ message: { $case: 'hello', value: { node, version: '1' } } });
      session.on('data', () => undefined);
      await known;
      return { agent, session, ended };
    };

    const failure = (said: object, bytes = Buffer.from(JSON.stringify({ status: 'Failure', ...said }))) => bytes;
    it.each<[string, Buffer, { code: number; reason: string; message: unknown }]>([
      ['as it is', failure({ code: 404, reason: 'NotFound', message: 'no' }), { code: 404, reason: 'NotFound', message: 'no' }],
      ['null', Buffer.from('null'), { code: 500, reason: 'InternalError', message: expect.any(String) }],
      ['no JSON', Buffer.from('{'), { code: 500, reason: 'InternalError', message: expect.any(String) }],
      ['nothing', Buffer.alloc(0), { code: 500, reason: 'InternalError', message: expect.any(String) }],
      ['a code that is a head', failure({ code: '500 x\r\nEvil: 1', message: 'm' }), { code: 500, reason: '', message: 'm' }],
      ['a code of success', failure({ code: 200, message: 'm' }), { code: 500, reason: '', message: 'm' }],
      ['a code of an upgrade', failure({ code: 101, message: 'm' }), { code: 500, reason: '', message: 'm' }],
      ['other types', failure({ code: 409, reason: {}, message: [], details: 7 }), { code: 409, reason: '', message: '' }],
      [
        'causes that are none',
        failure({ code: 409, message: 'm', details: { causes: [null, 1, {}] } }),
        { code: 409, reason: '', message: 'm' },
      ],
    ])('take a refusal for what it is: %s', async (_what, bytes, want) => {
      const { session } = await connected('n3');
      session.on('data', ({ message }: nodeSession.ControlMessage) => {
        session.write({ message: { $case: 'streamRefused', value: { streamId: message?.value.streamId ?? '', status: bytes } } });
      });
      const refused = await nodes.sessions.open('n3', request, never).catch((err: unknown) => err as ApiError);
      expect(refused).toMatchObject(want);
      session.cancel();
    });

    it.each<[string, nodeSession.NodeMessage]>([
      ['a second hello', { message: { $case: 'hello', value: { node: 'n4', version: '2' } } }],
      ['a revision that is no number', { message: { $case: 'endpointsApplied', value: { resourceVersion: 'NaN' } } }],
      ['a revision beyond all numbers', { message: { $case: 'endpointsApplied', value: { resourceVersion: '9'.repeat(400) } } }],
    ])('end with %s', async (_what, message) => {
      const { session, ended } = await connected('n4');
      session.write(message);
      expect((await ended).code).toBe(status.INVALID_ARGUMENT);
    });

    it('end a stream whose frames are too large', async () => {
      const { agent, session } = await connected('n5');
      session.on('data', ({ message }: nodeSession.ControlMessage) => {
        const metadata = new Metadata();
        metadata.set('stream-id', message?.value.streamId ?? '');
        const stream = agent.connect(metadata);
        stream.on('error', () => undefined);
        stream.write({ channel: Channel.CHANNEL_STDOUT, data: Buffer.alloc(2 << 20), columns: 0, rows: 0 });
      });
      const stream = await nodes.sessions.open('n5', request, never);
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow('too large');
      session.cancel();
    });

    it('cut what is long into frames that a node takes', async () => {
      const { agent, session } = await connected('n6');
      const lengths: number[] = [];
      const whole = 8 << 20;
      const { promise: arrived, resolve } = Promise.withResolvers<void>();
      session.on('data', ({ message }: nodeSession.ControlMessage) => {
        const metadata = new Metadata();
        metadata.set('stream-id', message?.value.streamId ?? '');
        agent
          .connect(metadata)
          .on('error', () => undefined)
          .on('data', ({ data }: nodeSession.StreamFrame) => {
            lengths.push(data.length);
            if (lengths.reduce((a, b) => a + b) === whole) resolve();
          });
      });
      const stream = await nodes.sessions.open('n6', request, never);
      expect(stream.send(Channel.CHANNEL_STDIN, Buffer.alloc(whole))).toBe(false);
      await arrived;
      expect(Math.max(...lengths)).toBeLessThan(4 << 20);
      stream.close();
      session.cancel();
    });

    it('pairs a stream that was asked for with the one that the agent opens', async () => {
      const agent = await nodeClient('n1');
      const session = agent.session();
      session.on('error', () => {});
      const connected = new Promise<void>((resolve) => {
        const stop = nodes.sessions.onProgress(() => {
          stop();
          resolve();
        });
      });
      session.write({ message: { $case: 'hello', value: { node: 'n1', version: '1' } } });
      await connected;
      session.on('data', ({ message }: nodeSession.ControlMessage) => {
        const metadata = new Metadata();
        metadata.set('stream-id', message?.value.streamId ?? '');
        const stream = agent.connect(metadata);
        stream.on('data', (frame: nodeSession.StreamFrame) => {
          stream.write({ channel: Channel.CHANNEL_STDOUT, data: Buffer.from(`echo ${frame.data.toString()}`), columns: 0, rows: 0 });
          stream.write({ channel: Channel.CHANNEL_STATUS, data: Buffer.from('{"status":"Success"}'), columns: 0, rows: 0 });
          stream.end();
        });
      });
      const stream = await nodes.sessions.open('n1', request, never);
      stream.send(Channel.CHANNEL_STDIN, Buffer.from('hello'));
      const seen: string[] = [];
      for await (const frame of stream) seen.push(statusIn(frame)?.status ?? frame.data.toString());
      expect(seen).toEqual(['echo hello', 'Success']);
      stream.close();
      session.cancel();
    });
  });

  describe('a peer that sends what no peer sends', () => {
    const methods = [resources.ResourcesService, nodeSession.NodeSessionService, health.HealthService].flatMap((each) =>
      Object.values(each).map(({ path }) => path),
    );
    const message = (body: Buffer, { packed = 0, length = body.length } = {}): Buffer => {
      const head = Buffer.alloc(5);
      head.writeUInt8(packed);
      head.writeUInt32BE(length, 1);
      return Buffer.concat([head, body]);
    };
    const garbage: [string, Buffer][] = [
      ['bytes that are no message', Buffer.from('garbage')],
      ['a message that is no protobuf', message(Buffer.alloc(64, 0xff))],
      ['a message that is packed and is not', message(Buffer.alloc(64, 0xff), { packed: 1 })],
      ['a message that claims 4 GiB', message(Buffer.alloc(8), { length: 0xffffffff })],
      ['a message that ends early', message(Buffer.from([0x0a, 0x7f, 1, 2]))],
      ['an empty message', message(Buffer.alloc(0))],
      ['text that is no UTF-8', message(Buffer.from([0x0a, 3, 0xed, 0xa0, 0x80, 0x12, 2, 0xff, 0xfe]))],
      [
        'bodies that are no JSON',
        message(Buffer.from(resources.WriteManyRequest.encode({ items: [null, '[]', '{', '"'].map(item) }).finish())),
      ],
      ['nothing', Buffer.alloc(0)],
    ];
    function item(body: string | null): resources.WriteItem {
      const verb = resources.WriteItem_Verb.VERB_DELETE;
      return resources.WriteItem.fromPartial({ verb, resource: pods, namespace: 'x', name: 'y', body: Buffer.from(String(body)) });
    }

    it.each(garbage)('is answered with an error, whatever it calls: %s', async (_what, body) => {
      const { certificate, key } = await issueCertificate(
        ca,
        { commonName: 'system:node:n7', organizations: ['system:nodes'], usages: ['client'] },
        systemClock.now(),
      );
      const session = http2(`https://${host}:${port}`, { ca: ca.certificate, cert: certificate, key });
      try {
        for (const path of [...methods, '/berth.v1.None/None', '/']) {
          const call = session.request({
            ':method': 'POST',
            ':path': path,
            'content-type': 'application/grpc',
            te: 'trailers',
            'grpc-timeout': '200m',
          });
          call.on('error', () => undefined);
          call.resume();
          const closed = new Promise((resolve) => call.once('close', resolve));
          call.end(body);
          await closed;
        }
      } finally {
        session.close();
      }
      const on = new health.HealthClient(`${host}:${port}`, await channel('anyone', []));
      opened.push(on);
      await new Promise((resolve, reject) => on.check({ service: '' }, (err, answer) => (err ? reject(err) : resolve(answer))));
    });

    it.each([
      ['surrogate', status.INVALID_ARGUMENT, 'half a pair: \ufffd'],
      ['long', status.INTERNAL, 'Internal error occurred: xxx'],
    ])('hears of an error whose words are hard to carry: %s', async (name, code, words) => {
      const failed = await get(await client('admin', ['system:masters']), name).catch((err: unknown) => err as ServiceError);
      expect(failed).toMatchObject({ code, details: expect.stringContaining(words) });
    });
  });
});
