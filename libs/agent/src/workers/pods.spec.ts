import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '#api/types';
import { nextTurn } from '#base';
import type { Informer } from '#client/contract';
import { resources } from '#objects';
import { fakeAgent } from '../testing/agent-context.ts';
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
