import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '#base/testing';
import { entriesOf } from '../observed.ts';
import { PodPaths } from '../pod-paths.ts';
import { pod } from '../testing/pod-builder.ts';
import { podView } from '../testing/pod-view.ts';
import type { PodWorker } from '../workers/pod-worker.ts';
import { DiskMeter } from './disk-meter.ts';

let rootDir: string;
beforeEach(async () => void (rootDir = await mkdtemp(join(tmpdir(), 'disk-meter-'))));
afterEach(() => rm(rootDir, { recursive: true }));

const a = pod({
  volumes: [
    { name: 'scratch', emptyDir: {} },
    { name: 'data', persistentVolumeClaim: { claimName: 'data-0' } },
    { name: 'host', hostPath: { path: '/' } },
    { name: 'late', emptyDir: {} },
  ],
});

describe('the disk of pods', () => {
  it('is measured for layers, logs and volumes, once a minute', async () => {
    const clock = new ManualClock();
    const paths = new PodPaths(rootDir, 'uid-a');
    for (const name of ['scratch', 'data', 'host']) await mkdir(paths.volume(name), { recursive: true });
    const measured: string[] = [];
    const meter = new DiskMeter({
      clock,
      rootDir,
      runtime: { writableUsage: async () => ({ bytes: 100, inodes: 1 }) },
      mounts: { diskUsage: async (path) => (measured.push(path), { bytes: path.includes('logs') ? 10 : 1000, inodes: 2 }) },
    });
    const entries = entriesOf(a).map((entry) => ({ ...entry, current: { id: 'c1', attempt: 0, state: 'running' } }));
    const worker = { uid: 'uid-a', paths, view: () => podView(a, { entries: entries as never }) } as unknown as PodWorker;
    const disk = (await meter.read([worker])).get('uid-a')!;
    expect(disk.containers).toEqual(new Map([['c', { layer: { bytes: 100, inodes: 1 }, logs: { bytes: 10, inodes: 2 } }]]));
    expect(disk.volumes).toMatchObject([
      { name: 'scratch', figures: { usedBytes: 1000 } },
      { name: 'data', claim: 'data-0', figures: { usedBytes: 1000 } },
    ]);
    expect(disk.volumes[0]!.figures.capacityBytes).toBeGreaterThan(0);
    const times = measured.length;
    await clock.advance(59_999);
    await meter.read([worker]);
    expect(measured).toHaveLength(times);
    await clock.advance(1);
    await meter.read([worker]);
    expect(measured.length).toBeGreaterThan(times);
  });

  it('leaves out a pod that goes meanwhile', async () => {
    const meter = new DiskMeter({
      clock: new ManualClock(),
      rootDir,
      runtime: { writableUsage: async () => ({ bytes: 0, inodes: 0 }) },
      mounts: { diskUsage: async () => Promise.reject(new Error('gone')) },
    });
    const worker = { uid: 'uid-a', paths: new PodPaths(rootDir, 'uid-a'), view: () => podView(a) } as unknown as PodWorker;
    expect(await meter.read([worker])).toEqual(new Map());
  });
});
