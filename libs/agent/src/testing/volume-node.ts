import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '#base/testing';
import { FakeApi } from '#client/testing';
import { silentLogger } from '#telemetry';
import type { VolumeMounts } from '#runtime/volumes.contract';
import { CsiDrivers } from '../csi/csi-drivers.ts';
import { CsiPaths } from '../csi/csi-paths.ts';
import type { VolumeNode } from '../volumes/volume-plugin.ts';

type Data = Record<string, string>;

/** A node whose ConfigMaps, Secrets, token and mounts are what a test says. */
export function fakeVolumeNode({ rootDir = '/nowhere' } = {}): VolumeNode & {
  api: FakeApi;
  /** Events as `reason: message`. */
  told: string[];
  configMaps: Map<string, Data>;
  secrets: Map<string, Data>;
  token: { token: string; renewAtMs: number; expiresAtMs: number };
  mounted: Map<string, { sizeBytes?: number; mode: number }>;
  away: Set<string>;
  clock: ManualClock;
} {
  const told: string[] = [];
  const configMaps = new Map<string, Data>();
  const secrets = new Map<string, Data>();
  const token = { token: 't1', renewAtMs: 1_000, expiresAtMs: 2_000 };
  const { mounts, mounted, away } = fakeMounts();
  const bytes = (data: Data | undefined): Map<string, Buffer> | undefined =>
    data && new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]));
  return {
    configMaps,
    secrets,
    token,
    mounted,
    away,
    clock: new ManualClock(),
    api: new FakeApi(),
    told,
    events: { event: (_about, { reason, message }) => void told.push(`${reason}: ${message}`) },
    logger: silentLogger,
    nodeName: 'n1',
    rootDir,
    csi: new CsiDrivers(new CsiPaths(rootDir, join(rootDir, 'seen'))),
    disksDir: join(rootDir, 'disks'),
    objects: { configMap: async (name) => bytes(configMaps.get(name)), secret: async (name) => bytes(secrets.get(name)) },
    tokens: { get: async () => token },
    facts: () => ({
      podIps: ['10.0.0.2'],
      hostIps: ['10.0.0.1'],
      nodeAllocatable: { cpuMillis: 2000, memoryBytes: 4e9, ephemeralBytes: 1e10 },
    }),
    mounts,
    snapshots: fakeSnapshots(mounted),
  };
}

/** Snapshots that are taken note of among the mounts. */
export function fakeSnapshots(mounted: Map<string, { sizeBytes?: number; mode: number }>): VolumeNode['snapshots'] {
  const targets = new Map<string, string>();
  return {
    mount: async (key, _diffIds, target) => {
      mkdirSync(target, { recursive: true });
      targets.set(key, target);
      mounted.set(target, { mode: 0o755 });
    },
    remove: async (key) => {
      mounted.delete(targets.get(key) ?? '');
      targets.delete(key);
    },
  };
}

/** Mounts that are taken note of: nothing of the kernel is changed. Held to `volumeMountsConformance`. */
export function fakeMounts(): {
  mounts: VolumeMounts;
  mounted: Map<string, { sizeBytes?: number; mode: number }>;
  away: Set<string>;
} {
  const mounted = new Map<string, { sizeBytes?: number; mode: number }>();
  const away = new Set<string>();
  const mounts: VolumeMounts = {
    tmpfs: (target, options) => {
      mkdirSync(target, { recursive: true });
      if (!mounted.has(target)) mounted.set(target, options);
    },
    unmount: async (target) => {
      // What was in a tmpfs is gone with it; what was bound is elsewhere.
      const emptied = mounted.delete(target) && statSync(target, { throwIfNoEntry: false })?.isDirectory();
      if (emptied) for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true });
    },
    mountsBelow: (directory) => [...mounted.keys()].filter((path) => path === directory || path.startsWith(`${directory}/`)).toReversed(),
    leadsAway: (path) => away.has(path),
    diskUsage: async () => ({ bytes: 0, inodes: 0 }),
    bindWithin: (root, path, target) => {
      for (const directory of [join(root, path), target]) if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
      mounted.set(target, { mode: 0o755 });
    },
    readWithin: () => undefined,
  };
  return { mounts, mounted, away };
}
