import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node, Pod } from '#api/types';
import { serviceUnavailable } from '#api';
import { remove } from '#client';
import type { Informer } from '#client/contract';
import { nextTurn } from '#base';
import { resources } from '#objects';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod } from '../testing/pod-builder.ts';
import { Pods } from './pods.ts';
import { StaticPods } from './static-pods.ts';

describe('static pods of a node', () => {
  let rootDir: string;
  let folder: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'static-pods-'));
    folder = join(rootDir, 'manifests');
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  function setUp() {
    const { context, clock, api, runtime, events } = fakeAgent(rootDir);
    const bound = {
      list: () => api.all<Pod>(resources.pods),
      synced: async () => undefined,
      onChange: () => () => undefined,
      get: () => undefined,
    } as unknown as Informer<Pod>;
    const pods = new Pods(context, bound);
    const node = { metadata: { name: 'n1', uid: 'node-uid' } } as Node;
    const statics = new StaticPods({
      ...context,
      path: folder,
      checkMs: 20_000,
      pods,
      bound,
      node: () => node,
      readPod: async (text) => {
        const name = Buffer.from(text).toString();
        if (name === 'once') return pod({ restartPolicy: 'Never' }, { name, uid: '' });
        if (name.includes('!')) throw new Error('yaml: it is wrong');
        return pod({ terminationGracePeriodSeconds: 1 }, { name, uid: '' });
      },
    });
    const until = async (what: () => boolean): Promise<void> => {
      for (let i = 0; i < 5_000 && !what(); i++) {
        await clock.advance(100);
        await nextTurn();
      }
      if (!what()) throw new Error(`never came: ${what.toString()}; ${runtime.calls.join()} ${events.join()}`);
    };
    const stop = new AbortController();
    const start = async (): Promise<void> => {
      await statics.start();
      void statics.run(stop.signal);
    };
    const shown = (): Pod[] => api.all<Pod>(resources.pods);
    const write = (file: string, name: string): void => writeFileSync(join(folder, file), name);
    return { api, clock, runtime, events, pods, statics, start, until, shown, write, stop: () => stop.abort() };
  }

  it('run, are shown, and are shown again when somebody deletes what shows them', async () => {
    const { start, until, shown, write, runtime, api, pods, stop } = setUp();
    await start();
    write('a.yaml', 'web');
    await until(() => shown()[0]?.status?.phase === 'Running');
    const [mirror] = shown();
    expect(mirror?.metadata).toMatchObject({ name: 'web-n1', ownerReferences: [{ kind: 'Node', uid: 'node-uid' }] });
    expect(pods.find('default', 'web-n1', mirror?.metadata.uid)?.currentPod.metadata.name).toBe('web-n1');
    const calls = runtime.calls.length;
    api.removeNow(resources.pods, 'default', 'web-n1');
    await until(() => shown()[0]?.status?.phase === 'Running');
    expect(shown()[0]?.metadata.uid).not.toBe(mirror?.metadata.uid);
    expect(runtime.calls).toHaveLength(calls);
    stop();
  });

  it('leave their name free for a while when their mirror is deleted, so that who waits for that sees it', async () => {
    const { start, until, shown, write, api, clock, stop } = setUp();
    await start();
    write('a.yaml', 'web');
    await until(() => shown()[0]?.status?.phase === 'Running');
    await remove(api, { resource: resources.pods, namespace: 'default', name: 'web-n1' });
    await until(() => shown().length === 0);
    const since = clock.monotonicMs();
    await until(() => shown().length === 1);
    expect(clock.monotonicMs() - since).toBeGreaterThanOrEqual(900);
    stop();
  });

  it.each([
    [0, 'Succeeded'],
    [3, 'Failed'],
  ])('that ended with %d and are never restarted are %s, also for an agent that begins anew', async (code, phase) => {
    const first = setUp();
    await first.start();
    first.write('a.yaml', 'once');
    await first.until(() => first.runtime.running('c') !== undefined);
    first.runtime.end(first.runtime.running('c')!.id, code);
    await first.until(() => first.runtime.entries.size === 0);
    first.stop();
    first.pods.stop();
    const second = setUp();
    await second.start();
    await second.until(() => second.shown()[0]?.status?.phase === phase);
    expect(second.shown()[0]?.status?.containerStatuses).toMatchObject([{ state: { terminated: { exitCode: code } } }]);
    expect(second.runtime.calls).toEqual([]);
    second.stop();
  });

  it('run without an API', async () => {
    const { start, until, write, statics, runtime, api, stop } = setUp();
    api.failing = serviceUnavailable('no api-server can be reached');
    await statics.start();
    write('a.yaml', 'web');
    await start();
    await until(() => runtime.running('c') !== undefined);
    stop();
  });

  it('end with their file, and make room for what takes their name', async () => {
    const { start, until, shown, write, runtime, stop } = setUp();
    await start();
    write('a.yaml', 'web');
    await until(() => shown()[0]?.status?.phase === 'Running');
    const first = runtime.running('c')!.id;
    rmSync(join(folder, 'a.yaml'));
    write('b.yaml', 'web');
    await until(() => runtime.running('c') !== undefined && runtime.running('c')!.id !== first);
    expect(runtime.calls.filter((call) => /^(start|kill|remove) /.test(call))).toEqual([
      'start c',
      'kill c SIGTERM',
      'remove c',
      'start c',
    ]);
    rmSync(join(folder, 'b.yaml'));
    await until(() => shown().length === 0 && runtime.entries.size === 0);
    stop();
  });

  it('are told of when they are wrong, once, and harm no others', async () => {
    const { start, until, shown, write, events, stop } = setUp();
    await start();
    write('a.yaml', 'wrong!');
    write('b.yaml', 'web');
    write('.hidden.yaml', 'hidden');
    await until(() => shown()[0]?.status?.phase === 'Running' && events.some((event) => event.startsWith('FailedStaticPod')));
    expect(shown()).toHaveLength(1);
    expect(events.filter((event) => event.startsWith('FailedStaticPod'))).toEqual([
      `FailedStaticPod: ${folder}/a.yaml: couldn't parse as pod(yaml: it is wrong), please check config file`,
    ]);
    stop();
  });
});
