import { mkdirSync } from 'node:fs';
import { ManualClock } from '#base/testing';
import type { VolumeMounts } from '#runtime/volumes.contract';
import type { VolumeNode } from '../volumes/volume-plugin.ts';

type Data = Record<string, string>;

/** A node whose ConfigMaps, Secrets, token and mounts are what a test says. */
export function fakeVolumeNode(): VolumeNode & {
  configMaps: Map<string, Data>;
  secrets: Map<string, Data>;
  token: { token: string; renewAtMs: number };
  mounted: Map<string, { sizeBytes?: number; mode: number }>;
  away: Set<string>;
  clock: ManualClock;
} {
  const configMaps = new Map<string, Data>();
  const secrets = new Map<string, Data>();
  const token = { token: 't1', renewAtMs: 1_000 };
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
    objects: { configMap: async (name) => bytes(configMaps.get(name)), secret: async (name) => bytes(secrets.get(name)) },
    tokens: { get: async () => token },
    facts: () => ({
      podIps: ['10.0.0.2'],
      hostIps: ['10.0.0.1'],
      nodeAllocatable: { cpuMillis: 2000, memoryBytes: 4e9, ephemeralBytes: 1e10 },
    }),
    mounts,
  };
}

/** Mounts that are taken note of: nothing of the kernel is changed. */
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
      mounted.set(target, options);
    },
    unmount: async (target) => void mounted.delete(target),
    mountsBelow: (directory) => [...mounted.keys()].filter((path) => path === directory || path.startsWith(`${directory}/`)),
    leadsAway: (path) => away.has(path),
    diskUsage: async () => 0,
    bindWithin: () => undefined,
    readWithin: () => undefined,
  };
  return { mounts, mounted, away };
}
