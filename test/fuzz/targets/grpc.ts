import 'reflect-metadata';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { NestFactory } from '@nestjs/core';
import { GrpcModule, GrpcServerStrategy } from '#api-server';
import { startTestServer } from '#api-server/testing';
import { type Random, systemClock } from '#base';
import { createAuthority, issueCertificate } from '#pki';
import { nodeSession, resources } from '#proto';
import { silentLogger } from '#telemetry';
import type { Target } from '../contract.ts';
import { excerpt, mutated, oneOf, trickyText } from '../inputs/bytes.ts';
import { withOnePlaceChanged } from '../inputs/objects.ts';
import { names, samples } from '../inputs/samples.ts';

interface Input {
  service: 'Resources' | 'NodeSession';
  method: string;
  messages: Buffer[];
}

const host = '127.0.0.1';
const node = 'system:node:a';

/** Messages of a hostile node to the api-server's gRPC services, as bytes: no type stands between. */
export const grpc: Target<Input> = {
  name: 'grpc',
  share: 2,
  async open() {
    const server = await startTestServer({
      authenticator: { authenticate: async () => ({ username: node, groups: ['system:nodes', 'system:authenticated'] }) },
    });
    const { port, tls, close } = await listen(server.server);
    const client = new Client(`${host}:${port}`, tls);
    return {
      make: grpcInput,
      show: ({ method, messages }) => `${method} ${messages.map(excerpt).join(' ').slice(0, 900)}`,
      feed: (input) => call(client, input),
      async close() {
        client.close();
        await close();
        await server.close();
      },
    };
  },
};

type Server = Awaited<ReturnType<typeof startTestServer>>['server'];

async function listen({
  resources: service,
  chain,
  kinds,
  authenticator,
  authorizer,
  nodes,
}: Server): Promise<{ port: number; tls: ReturnType<typeof credentials.createSsl>; close: () => Promise<void> }> {
  const now = new Date();
  const ca = await createAuthority('test', now);
  const own = await issueCertificate(ca, { commonName: 'api', ipAddresses: [host], usages: ['server'] }, now);
  const mine = await issueCertificate(ca, { commonName: node, organizations: ['system:nodes'], usages: ['client'] }, now);
  const port = 24_000 + (process.pid % 4000);
  const strategy = new GrpcServerStrategy({
    hosts: [host],
    port,
    tls: { cert: own.certificate, key: own.key, ca: ca.certificate },
    clock: systemClock,
  });
  const grpcModule = GrpcModule.forServer({
    service,
    chain,
    kinds,
    authenticator,
    authorizer,
    nodes,
    clock: systemClock,
    logger: silentLogger,
    ready: () => true,
  });
  const app = await NestFactory.createMicroservice(grpcModule, { strategy, logger: false });
  await app.listen();
  return {
    port,
    tls: credentials.createSsl(Buffer.from(ca.certificate), Buffer.from(mine.key), Buffer.from(mine.certificate)),
    close: () => app.close(),
  };
}

const same = (bytes: Buffer): Buffer => bytes;
/** A second is enough for any answer; streams are left then. */
const deadline = (): { deadline: number } => ({ deadline: Date.now() + 1000 });
const streaming = new Set(['Session', 'Connect']);

async function call(client: Client, { service, method, messages }: Input): Promise<string | undefined> {
  const path = `/berth.v1.${service}/${method}`;
  const error = await new Promise<ServiceError | null>((resolve) => {
    if (!streaming.has(method)) {
      if (method === 'Watch') {
        const watch = client.makeServerStreamRequest(path, same, same, messages[0]!, new Metadata(), deadline());
        watch
          .on('data', () => watch.cancel())
          .on('error', resolve)
          .on('end', () => resolve(null));
      } else client.makeUnaryRequest(path, same, same, messages[0]!, new Metadata(), deadline(), resolve);
      return;
    }
    const metadata = new Metadata();
    metadata.set('stream-id', 'x');
    const stream = client.makeBidiStreamRequest(path, same, same, metadata, deadline());
    stream
      .on('data', () => undefined)
      .on('error', resolve)
      .on('end', () => resolve(null));
    for (const message of messages) stream.write(message);
    stream.end();
  });
  if (!error) return undefined;
  if (error.code === status.DEADLINE_EXCEEDED) return `no answer within a second`;
  const isServers = error.code === status.INTERNAL || error.code === status.UNKNOWN || error.code === status.UNAVAILABLE;
  // The library's own word for bytes that are no message of the type.
  return isServers && !/deserializ/i.test(error.details) ? `${status[error.code]}: ${error.details}` : undefined;
}

function grpcInput(random: Random): Input {
  const { object, kind } = oneOf(random, samples);
  const resource = {
    group: random.below(8) === 0 ? trickyText(random) : kind.gvk.group,
    version: kind.gvk.version,
    resource: oneOf(random, [kind.names.plural, 'pods', 'nodes', trickyText(random)]),
  };
  const name = oneOf(random, [...names, trickyText(random)]);
  const body = Buffer.from(JSON.stringify(withOnePlaceChanged(object(oneOf(random, names)), random)));
  const where = { resource, namespace: oneOf(random, ['default', '', trickyText(random)]) };
  const query = {
    ...where,
    labelSelector: oneOf(random, ['', trickyText(random)]),
    fieldSelector: oneOf(random, ['', 'spec.nodeName=a', trickyText(random)]),
  };
  const item = (): resources.WriteItem =>
    resources.WriteItem.fromPartial({
      ...where,
      name,
      verb: random.below(6),
      subresource: oneOf(random, ['', 'status', 'binding', 'scale', '__proto__', 'constructor']),
      body: random.below(2) === 0 ? body : oneOf(random, [Buffer.from('null'), Buffer.from('[]'), mutated(body, random)]),
      patchType: oneOf(random, ['', 'application/merge-patch+json', 'application/apply-patch+yaml', 'application/json-patch+json', 'x']),
      fieldManager: oneOf(random, ['', 'x', 'x'.repeat(200)]),
    });
  const garble = (bytes: Uint8Array): Buffer => (random.below(3) === 0 ? mutated(Buffer.from(bytes), random) : Buffer.from(bytes));
  const one = (method: string, message: Uint8Array): Input => ({ service: 'Resources', method, messages: [garble(message)] });
  switch (random.below(7)) {
    case 0:
      return one('Get', resources.GetRequest.encode({ ...where, name }).finish());
    case 1:
      return one('List', resources.ListRequest.encode(query).finish());
    case 2:
      return one(
        'Watch',
        resources.WatchRequest.encode({ ...query, resourceVersion: oneOf(random, ['', '1', '0', 'x', '-1', '9'.repeat(30)]) }).finish(),
      );
    case 3:
    case 4:
      return one('WriteMany', resources.WriteManyRequest.encode({ items: Array.from({ length: random.below(5) }, item) }).finish());
    case 5:
      return {
        service: 'NodeSession',
        method: 'Connect',
        messages: [
          garble(nodeSession.StreamFrame.encode(nodeSession.StreamFrame.fromPartial({ channel: random.below(9), data: body })).finish()),
        ],
      };
    default:
      return {
        service: 'NodeSession',
        method: oneOf(random, ['Session', 'Session', 'AwaitUnrouted']),
        messages: Array.from({ length: 1 + random.below(3) }, () => garble(nodeMessage(random, body))),
      };
  }
}

function nodeMessage(random: Random, body: Buffer): Uint8Array {
  const message = oneOf<nodeSession.NodeMessage['message']>(random, [
    { $case: 'hello', value: { node: oneOf(random, ['a', 'b', trickyText(random)]), version: trickyText(random) } },
    { $case: 'endpointsApplied', value: { resourceVersion: oneOf(random, ['1', '', 'x', '-1', '1e9', '9'.repeat(40)]) } },
    {
      $case: 'streamRefused',
      value: { streamId: oneOf(random, ['', 'x', '__proto__']), status: oneOf(random, [body, Buffer.from('null'), Buffer.from('{')]) },
    },
    undefined,
  ]);
  return nodeSession.NodeMessage.encode({ message }).finish();
}
