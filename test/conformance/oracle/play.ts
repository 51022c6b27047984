import { readFileSync } from 'node:fs';
import type { TestAnswer, TestServer } from '#api-server/testing';
import { nameSuffix, systemClock, systemRandom } from '#base';
import { type Answer, normalize } from './compare.ts';
import type { VolumeControllers } from './volume-controllers.ts';

export interface Scenario {
  name: string;
  steps: Step[];
  answers: (Answer & { id: string })[];
  cleanup?: string[];
}

interface Step {
  id: string;
  m: string;
  p: string;
  body?: unknown;
  /** Media type of the body, and what is accepted. */
  t?: string;
  a?: string;
  wait?: number;
  readMs?: number;
  managed?: boolean;
}

export const scenarios = (): Scenario[] =>
  readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Scenario);

type Seen = Record<string, { metadata?: Record<string, string> }>;

/** Plays the requests of a scenario in a namespace of its own; answers what the server said. */
export async function play(server: TestServer, scenario: Scenario, controllers: VolumeControllers): Promise<Answer[]> {
  const namespace = `or-${nameSuffix(systemRandom)}`;
  const seen: Seen = {};
  const fill = (text: string): string =>
    text.replaceAll('{{ns}}', namespace).replace(/\{\{(rv|uid|continue):(\w+)\}\}/g, (_, what: string, id: string) => {
      const { resourceVersion, uid, continue: more } = seen[id]?.metadata ?? {};
      return encodeURI({ rv: resourceVersion, uid, continue: more }[what] ?? '');
    });
  await prepare(server, namespace);
  const answers: Answer[] = [];
  for (const step of scenario.steps) {
    if (/persistentvolume/.test(step.p)) await controllers.settled();
    const body = step.body === undefined ? undefined : fill(typeof step.body === 'string' ? step.body : JSON.stringify(step.body));
    const { status, text } = await send(server, step, { path: fill(step.p), body });
    const value = parsed(text);
    seen[step.id] = value as Seen[string];
    answers.push({ status, body: normalize(value, { namespace, keepManagedFields: step.managed ?? false }) });
  }
  return answers;
}

/** What controllers put into a new namespace. */
async function prepare(server: TestServer, namespace: string): Promise<void> {
  await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  await controllers(server, namespace);
}

async function controllers(server: TestServer, namespace: string): Promise<void> {
  await server.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
  const rootCa = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': 'x' } };
  await server.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, { body: rootCa });
}

async function send(server: TestServer, step: Step, { path, body }: { path: string; body?: string }): Promise<TestAnswer> {
  const headers = { accept: step.a ?? 'application/json', ...(body !== undefined && { 'content-type': step.t ?? 'application/json' }) };
  const ended = new AbortController();
  if (step.wait) await settle(server);
  const answer = server.call(step.m, path, { headers, body, signal: ended.signal });
  if (step.readMs) {
    await settle(server);
    ended.abort();
  }
  const got = await answer;
  const created = /^\/api\/v1\/namespaces$/.test(path) && got.status === 201;
  if (created) await controllers(server, (got.json as { metadata: { name: string } }).metadata.name);
  return got;
}

/** Until the cache has everything and watchers were told; then does what the namespace controller would. */
async function settle(server: TestServer): Promise<void> {
  await server.server.cache.sync();
  await systemClock.sleep(10);
  const namespaces = server.server.view.list<{ spec?: object } & Parameters<typeof finish>[1]>({
    group: '',
    version: 'v1',
    kind: 'Namespace',
  });
  for (const object of namespaces) if (object.metadata.deletionTimestamp) await finish(server, object);
}

async function finish(
  server: TestServer,
  object: { apiVersion: string; kind: string; metadata: { name?: string; deletionTimestamp?: string } },
): Promise<void> {
  const { name } = object.metadata;
  for (const resource of ['configmaps', 'serviceaccounts', 'pods', 'secrets']) {
    await server.call('DELETE', `/api/v1/namespaces/${name}/${resource}`, { body: { gracePeriodSeconds: 0 } });
  }
  await server.call('PUT', `/api/v1/namespaces/${name}/finalize`, { body: { ...object, spec: { finalizers: [] } } });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The lines of a watch, or plain text.
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        try {
          return JSON.parse(line) as unknown;
        } catch {
          return line.slice(0, 300);
        }
      });
  }
}
