import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodSpec } from '#api/types';
import { nextTurn } from '#base';
import type { Informer } from '#client/contract';
import { resources } from '#objects';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod } from '../testing/pod-builder.ts';
import { Pods } from './pods.ts';

const nothingBound: Informer<Pod> = {
  resource: resources.pods,
  resourceVersion: '1',
  synced: async () => undefined,
  get: () => undefined,
  list: () => [],
  byIndex: () => [],
  addIndex: () => undefined,
  onChange: () => () => undefined,
};

it('what is left of a pod that the API has no longer is cleared, however often that fails', async () => {
  const rootDir = mkdtempSync(join(tmpdir(), 'pods-'));
  try {
    const { context, clock } = fakeAgent(rootDir);
    const directory = join(rootDir, 'pods', 'uid-gone');
    mkdirSync(directory, { recursive: true });
    let failures = 3;
    const detach = async (): Promise<void> => {
      if (failures-- > 0) throw new Error('not now');
    };
    const pods = new Pods({ ...context, network: { ...context.network, detach } }, nothingBound);
    await pods.adopt();
    await pods.start(new AbortController().signal);
    for (let turn = 0; turn < 100_000 && existsSync(directory); turn++) {
      if (clock.pending > 0) await clock.advance(60_000);
      await nextTurn();
    }
    expect([existsSync(directory), failures]).toEqual([false, -1]);
    pods.stop();
  } finally {
    rmSync(rootDir, { recursive: true, force: true });
  }
});

it('a critical pod that has no room is begun when those that make room for it have ended', async () => {
  const rootDir = mkdtempSync(join(tmpdir(), 'pods-'));
  try {
    const { context, clock, runtime, events } = fakeAgent(rootDir);
    let tell: (change: { object: Pod; deleted: boolean }) => void = () => undefined;
    const bound: Informer<Pod> = { ...nothingBound, onChange: (listener) => ((tell = listener as typeof tell), () => undefined) };
    const pods = new Pods(context, bound);
    await pods.adopt();
    await pods.start(new AbortController().signal);
    const until = async (what: () => boolean): Promise<void> => {
      for (let turn = 0; turn < 100_000 && !what(); turn++) {
        if (clock.pending > 0) await clock.advance(100);
        await nextTurn();
      }
      expect(what()).toBe(true);
    };
    const asking = (name: string, spec: Partial<PodSpec> = {}): Pod =>
      pod({ containers: [{ name, image: 'app:v1', resources: { requests: { cpu: '1500m' } } }], ...spec }, { name, uid: name });
    tell({ object: asking('small'), deleted: false });
    await until(() => runtime.running('small') !== undefined);
    tell({ object: asking('critical', { priority: 2_000_000_000 }), deleted: false });
    await until(() => runtime.running('critical') !== undefined);
    expect(runtime.calls.filter((call) => /^(start|kill) /.test(call))).toEqual(['start small', 'kill small SIGTERM', 'start critical']);
    expect(events).toContain('Preempting: Preempted in order to admit critical pod');
    expect(pods.find('default', 'small')?.status()).toMatchObject({ phase: 'Failed', reason: 'Preempting' });
    pods.stop();
  } finally {
    rmSync(rootDir, { recursive: true, force: true });
  }
});
