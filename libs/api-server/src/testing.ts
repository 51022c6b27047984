import { Registry } from 'prom-client';
import { builtinTypes } from '#api';
import { systemClock, systemRandom } from '#base';
import type { Api } from '#client/contract';
import { kinds as everyKind } from '#kinds';
import type { KindDefinition, UserInfo } from '#kinds/contract';
import { nodeServices } from '#nodes';
import { createSigningKey } from '#pki';
import { createPolicy } from '#policy';
import { MemoryStore, type Store } from '#store';
import { silentLogger } from '#telemetry';
import type { HttpAnswer, HttpSink, KindCatalog, Policy, ResourceService } from './contract.ts';
import { localApi } from './testing/local-api.ts';
import { createKindCatalog } from './catalog/kind-catalog.ts';
import { ApiServer, type ServerOptions } from './server.ts';

export { statusOf } from './errors/status-of.ts';
export { narrowing } from './request/narrowing.ts';
export { FakeView } from './testing/fake-view.ts';
export { type Widget, widget } from './testing/widget.ts';

export const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

export interface TestServer {
  server: ApiServer;
  resources: ResourceService;
  /** Kinds can be put in and taken out of it. */
  catalog: KindCatalog;
  /** The API as the system's own parts see it, as `admin` unless told otherwise. */
  api(user?: UserInfo): Api;
  store: Store;
  /** One request through the whole chain; bodies that are no text or bytes are sent as JSON. Streams are read until they end. */
  call(method: string, url: string, options?: CallOptions): Promise<TestAnswer>;
  close(): Promise<void>;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface TestAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  bytes: Buffer;
  text: string;
  /** Of a JSON body; undefined when it is none. */
  json: unknown;
}

export interface TestServerOptions
  extends Partial<Pick<ServerOptions, 'clock' | 'random' | 'store' | 'authenticator' | 'limits'>>,
    Partial<Pick<Policy, 'authorizer' | 'admission'>> {
  /** In place of all that there are. */
  kinds?: readonly KindDefinition[];
  /** Without the namespaces, roles and services that every cluster has; quicker where a spec needs none of them. */
  empty?: boolean;
}

/** A whole api-server on the memory store, in this process and ready in milliseconds. Everyone is `admin` unless told otherwise. */
export async function startTestServer({
  empty = false,
  kinds = everyKind,
  authorizer,
  admission,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const store = options.store ?? new MemoryStore({ clock });
  const logger = silentLogger;
  const ranges = { serviceCidrs: ['10.96.0.0/16'], nodePortRange: { from: 30000, to: 32767 }, loadBalancerCidrs: [] };
  const policy = createPolicy({
    clock,
    random,
    logger,
    serviceCidrs: ranges.serviceCidrs,
    serviceAccounts: { keyPem: createSigningKey(), issuer: 'https://kubernetes.default.svc.cluster.local' },
    advertise: { address: '192.0.2.1', port: 6443, grpcPort: 6444 },
  });
  const catalog = createKindCatalog({ kinds, types: builtinTypes });
  const server = await ApiServer.create({
    catalog,
    authenticator: { authenticate: () => Promise.resolve(admin) },
    ...options,
    clock,
    random,
    store,
    logger,
    registry: new Registry(),
    ranges,
    nodes: nodeServices({ clock, random, logger }),
    policy: (view) => ({ ...policy(view), ...(authorizer && { authorizer }), ...(admission && { admission }) }),
    advertise: '192.0.2.1:6443',
  });
  if (!empty) await server.start();
  return {
    server,
    resources: server.resources,
    catalog,
    api: (user = admin) => localApi(server.resources, user),
    store,
    call: (method, url, call = {}) => callServer(server, method, url, call),
    async close() {
      await server.close();
      await store.close();
    },
  };
}

async function callServer(
  server: ApiServer,
  method: string,
  url: string,
  { body, headers = {}, signal }: CallOptions,
): Promise<TestAnswer> {
  const bytes = bodyBytes(body);
  const ended = new AbortController();
  const call = {
    method,
    url,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    signal: signal ?? ended.signal,
  };
  const entered = await server.chain.admit(call);
  if ('refused' in entered) return collect(entered.refused, call.signal);
  const answer = await server.chain.serve(entered.admitted, bytes);
  try {
    return await collect(answer, call.signal);
  } finally {
    entered.done(answer.status);
  }
}

function bodyBytes(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function collect({ status, headers, body }: HttpAnswer, signal: AbortSignal): Promise<TestAnswer> {
  const chunks: Buffer[] = [];
  if (Buffer.isBuffer(body)) chunks.push(body);
  else if (typeof body === 'function') await body(memorySink(chunks, signal));
  else chunks.push(...body);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  return { status, headers, bytes, text, json: parsed(text) };
}

const memorySink = (chunks: Buffer[], signal: AbortSignal): HttpSink => ({
  write: (chunk) => chunks.push(chunk) > 0,
  drained: () => Promise.resolve(),
  pendingBytes: 0,
  signal,
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A watch's lines, or plain text.
    return undefined;
  }
}
