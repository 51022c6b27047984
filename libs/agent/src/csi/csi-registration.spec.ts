import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CSINode, Node } from '#api/types';
import { nextTurn, systemClock } from '#base';
import { create } from '#client';
import { FakeApi } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { type CsiDriverOptions, TestCsiDriver } from '../testing/csi-driver.ts';
import { fakeMounts } from '../testing/volume-node.ts';
import { CsiDrivers } from './csi-drivers.ts';
import { CsiPaths } from './csi-paths.ts';
import { CsiRegistration } from './csi-registration.ts';

describe('a CSI driver', () => {
  let root: string;
  let ending: AbortController;
  const ends: (() => Promise<void> | void)[] = [];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'csi-'));
    ending = new AbortController();
  });
  afterEach(async () => {
    ending.abort();
    for (const end of ends.splice(0)) await end();
    rmSync(root, { recursive: true, force: true });
  });

  async function rig() {
    const api = new FakeApi();
    await create<Node>(api, resources.nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { zone: 'a' } }, spec: {} });
    const csi = new CsiDrivers(new CsiPaths(root, join(root, 'seen')));
    const { mounts } = fakeMounts();
    const begin = async (): Promise<void> => {
      const worker = new CsiRegistration({ api, clock: systemClock, logger: silentLogger, nodeName: 'n1', mounts, csi });
      await worker.start();
      const running = worker.run(ending.signal);
      ends.push(() => running);
    };
    const driver = async (options: Partial<CsiDriverOptions> = {}): Promise<TestCsiDriver> => {
      mkdirSync(csi.paths.registry, { recursive: true });
      const socket = join(root, 'kubelet', 'plugins', 'd', 'csi.sock');
      // As drivers name it, which are told of another folder.
      const endpoint = join(root, 'seen', 'plugins', 'd', 'csi.sock');
      const made = new TestCsiDriver({ name: 'd.example.com', socket, endpoint, registry: csi.paths.registry, ...options });
      await made.start();
      ends.push(() => made.stop());
      return made;
    };
    const csiNode = async (): Promise<CSINode | undefined> =>
      api.get<CSINode>({ resource: resources.csiNodes, name: 'n1' }).catch(() => undefined);
    const until = async (what: () => Promise<boolean> | boolean): Promise<void> => {
      for (let turn = 0; turn < 200_000 && !(await what()); turn++) await nextTurn();
      expect(await what()).toBe(true);
    };
    return { api, csi, begin, driver, csiNode, until, drivers: async () => (await csiNode())?.spec.drivers ?? [] };
  }

  it('that is there before or after the agent is told to be registered, and is known to the cluster', async () => {
    const { begin, driver, until, drivers, csiNode, api, csi } = await rig();
    const before = await driver({
      nodeId: 'id-1',
      topology: { 'd.example.com/rack': 'r1' },
      maxVolumes: 7,
      capabilities: ['EXPAND_VOLUME'],
    });
    await begin();
    await until(() => before.told.length === 1);
    expect(before.told).toEqual([{ pluginRegistered: true, error: '' }]);
    const socket = join(root, 'kubelet', 'plugins', 'e', 'csi.sock');
    const after = await driver({ name: 'e.example.com', socket, endpoint: socket });
    await until(() => after.told.length === 1);
    expect(await drivers()).toEqual([
      { name: 'd.example.com', nodeID: 'id-1', topologyKeys: ['d.example.com/rack'], allocatable: { count: 7 } },
      { name: 'e.example.com', nodeID: 'node-1', topologyKeys: [] },
    ]);
    expect((await csiNode())!.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: 'n1' }]);
    const { metadata } = await api.get<Node>({ resource: resources.nodes, name: 'n1' });
    expect(metadata.labels).toEqual({ zone: 'a', 'd.example.com/rack': 'r1' });
    expect(JSON.parse(metadata.annotations!['csi.volume.kubernetes.io/nodeid']!)).toEqual({
      'd.example.com': 'id-1',
      'e.example.com': 'node-1',
    });
    expect([...csi.get('d.example.com').capabilities]).toEqual(['EXPAND_VOLUME']);
  });

  it('that goes is known no longer, and one that comes again is asked anew', async () => {
    const { begin, driver, until, drivers, csi } = await rig();
    await begin();
    const first = await driver();
    await until(() => first.told.length === 1);
    first.stop();
    await until(async () => (await drivers()).length === 0);
    expect(csi.has('d.example.com')).toBe(false);
    const second = await driver({ nodeId: 'id-2' });
    await until(() => second.told.length === 1);
    expect((await drivers()).map(({ nodeID }) => nodeID)).toEqual(['id-2']);
  });

  it.each<[string, Partial<CsiDriverOptions>, string]>([
    ['speaks no version 1', { versions: ['0.3.0'] }, 'highest supported version reported by driver (0.3.0) must be at least v1.0'],
    ['says no version', { versions: [] }, 'no supported versions'],
    [
      'says that the node is elsewhere',
      { topology: { zone: 'b' } },
      'detected topology value collision: driver reported "zone":"b" but existing label is "zone":"a"',
    ],
  ])('that %s is told why it is not registered', async (_what, options, why) => {
    const { begin, driver, until, drivers, csi } = await rig();
    await begin();
    const made = await driver(options);
    await until(() => made.told.length > 0);
    expect(made.told[0]!.pluginRegistered).toBe(false);
    expect(made.told[0]!.error).toContain(why);
    expect([await drivers(), csi.has('d.example.com')]).toEqual([[], false]);
  });

  it('is not there, and the node works all the same, where its folder cannot be made', async () => {
    const { begin, driver, until } = await rig();
    writeFileSync(join(root, 'seen'), ''); // a file in its place
    await begin();
    const own = join(root, 'kubelet', 'plugins', 'd', 'csi.sock');
    const made = await driver({ socket: own, endpoint: own });
    await until(() => made.told.length === 1);
    expect(made.told).toEqual([{ pluginRegistered: true, error: '' }]);
  });

  it('finds its folders by the name that drivers have for them', async () => {
    const { begin } = await rig();
    await begin();
    expect(statSync(join(root, 'seen')).isDirectory()).toBe(true);
  });
});
