import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersistentVolume } from '#api/types';
import { nextTurn } from '#base';
import { ManualClock } from '#base/testing';
import { create, remove, updateStatus } from '#client';
import { FakeApi } from '#client/testing';
import { localStorage, resources } from '#objects';
import { silentLogger } from '#telemetry';
import { provisioned } from '../testing/claimed.ts';
import { LocalDirectories } from './local-directories.ts';

describe('directories of the built-in storage', () => {
  let rootDir: string;
  let ending: AbortController;
  let running: Promise<void> | undefined;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'local-directories-'));
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    await running;
    rmSync(rootDir, { recursive: true, force: true });
  });
  const path = (name = 'pv1'): string => join(rootDir, 'local-volumes', name);
  const fill = (directory: string): void => {
    mkdirSync(join(directory, 'sub'), { recursive: true });
    writeFileSync(join(directory, 'sub', 'f'), '');
  };

  function rig() {
    const [api, clock] = [new FakeApi(), new ManualClock()];
    const begin = (): void => {
      running = new LocalDirectories({ api, clock, logger: silentLogger, nodeName: 'n1', rootDir }).run(ending.signal);
    };
    const ref = { resource: resources.persistentVolumes, name: 'pv1' };
    const here = (): Promise<boolean> =>
      api.get(ref).then(
        () => true,
        () => false,
      );
    /** True once it is so, which the worker brings about by itself. */
    const until = async (what: () => Promise<boolean> | boolean): Promise<void> => {
      for (let turn = 0; turn < 100_000 && !(await what()); turn++) await nextTurn();
      expect(await what()).toBe(true);
    };
    return {
      api,
      clock,
      begin,
      here,
      until,
      put: (volume: PersistentVolume) => create(api, resources.persistentVolumes, volume),
      leave: () => remove(api, ref),
    };
  }

  it('go with their volume, and before it', async () => {
    const { begin, put, leave, here, until } = rig();
    fill(path());
    await put(provisioned(path()));
    begin();
    await leave();
    await until(async () => !(await here()));
    expect([existsSync(path()), existsSync(path('.trash/pv1'))]).toEqual([false, false]);
  });

  it('go also when the node was down meanwhile, or was ended half-way', async () => {
    const { begin, put, leave, here, until } = rig();
    fill(path('.trash/pv1'));
    fill(path('.trash/pv0'));
    await put(provisioned(path()));
    await leave();
    begin();
    await until(async () => !(await here()));
    await until(() => !existsSync(path('.trash/pv0')) && !existsSync(path('.trash/pv1')));
  });

  it.each([
    ['is to be retained', { persistentVolumeReclaimPolicy: 'Retain' }],
    ['says to be elsewhere', { local: { path: '/etc' } }],
  ])('stay when the volume %s', async (_what, spec) => {
    const { begin, put, leave, here, until } = rig();
    fill(path());
    await put(provisioned(path(), { spec }));
    await leave();
    begin();
    await until(async () => !(await here()));
    expect([existsSync(path('pv1/sub/f')), existsSync('/etc')]).toEqual([true, true]);
  });

  it('stay while a claim has the volume, and go after it', async () => {
    const { begin, put, leave, here, until, api } = rig();
    fill(path());
    const made = await put(provisioned(path()));
    await updateStatus(api, resources.persistentVolumes, { ...made, status: { phase: 'Bound' } });
    await put(provisioned(path('pv2'), { metadata: { name: 'pv2' } }));
    await leave();
    await remove(api, { resource: resources.persistentVolumes, name: 'pv2' });
    begin();
    await until(async () => (await api.list({ resource: resources.persistentVolumes })).items.length === 1);
    expect(existsSync(path('pv1/sub/f'))).toBe(true);
    const { metadata } = await api.get({ resource: resources.persistentVolumes, name: 'pv1' });
    await updateStatus(api, resources.persistentVolumes, { ...made, metadata, status: { phase: 'Released' } });
    await until(async () => !(await here()));
    expect(existsSync(path())).toBe(false);
  });

  it('stay while a pod has them mounted', async () => {
    const { begin, put, leave, here, until, clock } = rig();
    fill(path());
    const records = join(rootDir, 'pods', 'uid-a', 'volume-records');
    mkdirSync(records, { recursive: true });
    writeFileSync(join(records, 'v.json'), JSON.stringify({ kind: 'local', volume: 'pv1', pod: { uid: 'uid-a' } }));
    await put(provisioned(path()));
    await leave();
    begin();
    await until(() => clock.pending > 0);
    expect([existsSync(path()), await here()]).toEqual([true, true]);
    rmSync(records, { recursive: true });
    await clock.advance(2_000);
    await until(async () => !(await here()));
  });

  it('of others are none of its business', async () => {
    const { begin, put, leave, here, until, api } = rig();
    fill(path());
    await put(provisioned(path(), { metadata: { labels: { [localStorage.nodeLabel]: 'n2' } } }));
    await put(provisioned(path('pv2'), { metadata: { name: 'pv2' } }));
    await leave();
    await remove(api, { resource: resources.persistentVolumes, name: 'pv2' });
    begin();
    await until(async () => (await api.list({ resource: resources.persistentVolumes })).items.length === 1);
    expect([existsSync(path()), await here()]).toEqual([true, true]);
  });
});
