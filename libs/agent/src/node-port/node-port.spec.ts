import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { Pod } from '#api/types';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod } from '../testing/pod-builder.ts';
import { podView } from '../testing/pod-view.ts';
import { PodPaths } from '../pod-paths.ts';
import type { PodWorker } from '../workers/pod-worker.ts';
import { NodePort } from './node-port.ts';

describe('what the port of a node shows', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'node-port-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  function setUp(more: Partial<{ systemLogQuery: boolean }> = {}) {
    const { context } = fakeAgent(rootDir);
    const own: Pod = pod();
    const view = podView(own);
    view.entries[0]!.current = { id: 'i', attempt: 0, imageRef: 'app:v1', imageId: '', startedAt: new Date(0) };
    const idle = pod({}, { name: 'idle', uid: 'idle' });
    const worker = (each: Pod, seen: typeof view): PodWorker =>
      ({
        currentPod: each,
        view: () => seen,
        status: () => ({ phase: 'Running' }),
        entry: (name: string) => seen.entries.find((entry) => entry.name === name),
        paths: new PodPaths(rootDir, each.metadata.uid!),
      }) as unknown as PodWorker;
    const workers = [worker(own, view), worker(idle, podView(idle))];
    const logs = {
      read: async function* () {
        yield [{ time: '2026-01-01T00:00:00Z', stream: 'stdout' as const, partial: false, text: Buffer.from('hello') }];
      },
    };
    const runtime = { ...context.runtime, wait: () => new Promise<never>(() => undefined) } as unknown as typeof context.runtime;
    const settings = { ...context.settings, ...more };
    const pods = {
      all: () => workers,
      find: (_ns: string, name: string) => workers.find((each) => each.currentPod.metadata.name === name),
    };
    const facts = { settings, port: 10250, cgroupRoot: '/berth/n1', clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local' };
    const port = new NodePort({ ...context, logs, runtime, settings }, pods, facts);
    return async (path: string) => {
      const url = new URL(path, 'https://node');
      const answer = await port.answer({ path: url.pathname, query: url.searchParams, signal: new AbortController().signal });
      if (!answer) return undefined;
      const body = typeof answer.body === 'string' ? answer.body : await text(Readable.from(answer.body));
      return { code: answer.code, body, ...(answer.location !== undefined && { location: answer.location }) };
    };
  }

  it.each(['/pods', '/pods/'])('are its pods with their statuses: %s', async (path) => {
    const { kind, items } = JSON.parse((await setUp()(path))!.body);
    expect([kind, items.map(({ metadata, status }: Pod) => [metadata.name, status?.phase])]).toEqual([
      'PodList',
      [
        ['a', 'Running'],
        ['idle', 'Running'],
      ],
    ]);
  });

  it.each(['/runningpods/', '/runningpods'])('are those that the runtime runs: %s', async (path) => {
    const { items } = JSON.parse((await setUp()(path))!.body);
    expect(items).toEqual([
      {
        metadata: { name: 'a', namespace: 'default', uid: 'uid-a', creationTimestamp: null },
        spec: { containers: [{ name: 'c', image: 'app:v1', resources: {} }] },
        status: {},
      },
    ]);
  });

  it('are its settings', async () => {
    const { kubeletconfig } = JSON.parse((await setUp()('/configz'))!.body);
    expect(kubeletconfig).toMatchObject({
      kind: 'KubeletConfiguration',
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      podPidsLimit: 4096,
      evictionHard: { 'memory.available': '104857600', 'nodefs.available': '10%', 'imagefs.available': '15%' },
      evictionPressureTransitionPeriod: '5m0s',
      imageMinimumGCAge: '2m0s',
      enforceNodeAllocatable: ['pods'],
      clusterDNS: ['10.96.0.10'],
    });
  });

  it.each([
    ['/containerLogs/default/a/c', 200, 'hello\n'],
    ['/containerLogs/default/a/c?timestamps=true', 200, '2026-01-01T00:00:00Z hello\n'],
    ['/containerLogs/default/a/c?limitBytes=3', 200, 'hel'],
    ['/containerLogs/default/a/c?previous=true', 400, 'previous terminated container "c" in pod "a" not found\n'],
    ['/containerLogs/default/a/x', 404, 'container "x" not found in pod "a"\n'],
    ['/containerLogs/default/b/c', 404, 'pod "b" not found\n'],
    ['/healthz/ping', 200, 'ok'],
  ])('is at %s', async (path, code, body) => expect(await setUp()(path)).toEqual({ code, body }));

  it.each(['/', '/debug', '/containerLogs/default/a', '/pods/a', '/configz/x', '/__proto__'])('is nothing at %s', async (path) =>
    expect(await setUp()(path)).toBeUndefined(),
  );

  describe('of its logs', () => {
    beforeEach(() => {
      writeFileSync(
        join(rootDir, 'agent.log'),
        '{"time":"2026-01-01T00:00:00Z","msg":"one"}\n{"time":"2026-01-01T00:00:01Z","msg":"two"}\n',
      );
      writeFileSync(join(rootDir, 'secret.key'), 'key');
      mkdirSync(join(rootDir, 'folder.log'));
    });

    it.each([
      ['/logs/agent.log', 200, /"one".*\n.*"two"/],
      ['/logs/', 200, /<a href="agent.log">agent.log<\/a>/],
      ['/logs/secret.key', 404, /not found/],
      ['/logs/..%2Fagent.log', 404, /not found/],
      ['/logs/folder.log', 404, /not found/],
      ['/logs/?query=kubelet', 200, /<a href/],
    ])('%s is %i', async (path, code, body) => expect(await setUp()(path)).toEqual({ code, body: expect.stringMatching(body) }));

    it('leads to the folder', async () => expect(await setUp()('/logs')).toEqual({ code: 301, body: '', location: 'logs/' }));

    it.each([
      ['/logs/?query=kubelet', 200, /^.*"one".*\n.*"two".*\n$/],
      ['/logs/?query=kubelet&tailLines=1', 200, /^.*"two".*\n$/],
      ['/logs/?query=kubelet&pattern=ONE', 200, /^.*"one".*\n$/],
      ['/logs/?query=/agent.log', 200, /"one"/],
      ['/logs/?query=/secret.key', 404, /not found/],
      ['/logs/?query=docker', 404, /failed to find the log of docker/],
      ['/logs/?tailLines=1', 406, /query: Required value/],
      ['/logs/agent.log?query=kubelet', 406, /path not allowed in query mode/],
    ])('%s is %i where queries are allowed', async (path, code, body) =>
      expect(await setUp({ systemLogQuery: true })(path)).toEqual({ code, body: expect.stringMatching(body) }),
    );
  });
});
