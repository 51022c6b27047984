import { join } from 'node:path';
import { Registry } from 'prom-client';
import { ManualClock, seededRandom } from '#base/testing';
import { FakeApi } from '#client/testing';
import type { Image } from '#runtime/images.contract';
import { silentLogger as logger } from '#telemetry';
import { CsiDrivers } from '../csi/csi-drivers.ts';
import { CsiPaths } from '../csi/csi-paths.ts';
import type { AgentContext } from '../context.ts';
import { agentMetrics } from '../metrics.ts';
import { defaultNodeSettings } from '../node-settings.ts';
import { ObjectWatches } from '../volumes/object-watches.ts';
import { PodTokens } from '../volumes/tokens.ts';
import { StatusWriter } from '../workers/status-writer.ts';
import { FakeImages } from './fake-images.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { fakeMounts, fakeSnapshots } from './volume-node.ts';

const image: Image = {
  id: `sha256:${'1'.repeat(64)}`,
  names: [],
  repoDigests: [],
  config: { architecture: 'amd64', os: 'linux', config: { Cmd: ['serve'] }, rootfs: { type: 'layers', diff_ids: [] } },
  diffIds: [],
  sizeBytes: 1,
};

/** A node `n1` whose registry has one image, on a clock that stands still; what it does can be looked at. */
export function fakeAgent(rootDir: string) {
  const clock = new ManualClock();
  const api = new FakeApi();
  const runtime = new FakeRuntime(clock);
  const images = new FakeImages();
  images.publish('app:v1', image);
  const { mounts, mounted } = fakeMounts();
  /** Addresses by sandbox. */
  const attached = new Map<string, readonly string[]>();
  /** `reason: message` of each. */
  const events: string[] = [];
  /** How long it was waited each time until nothing routed to a pod any more. */
  const unrouted: number[] = [];
  const context: AgentContext = {
    nodeName: 'n1',
    nodeIps: ['10.0.0.1'],
    rootDir,
    cgroupRoot: '/berth/n1',
    dns: { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', host: { nameservers: [], searches: [], options: [] } },
    hostHosts: '',
    settings: defaultNodeSettings,
    pressure: () => new Set(),
    nodeMemoryBytes: 4e9,
    nodeAllocatable: { cpuMillis: 2000, memoryBytes: 4e9, ephemeralBytes: 1e10 },
    clock,
    random: seededRandom(1),
    logger,
    api,
    events: { event: (_about, event) => void events.push(`${event.reason}: ${event.message}`) },
    images,
    runtime,
    network: {
      attach: async ({ sandboxId }) => {
        attached.set(sandboxId, ['10.244.0.2']);
        return { ips: ['10.244.0.2'] };
      },
      detach: async (id) => void attached.delete(id),
      list: async () => new Map(attached),
    },
    policies: {
      standing: Promise.resolve(),
      caughtUp: async () => undefined,
      admit: async () => undefined,
      release: async () => undefined,
    },
    mounts,
    snapshots: fakeSnapshots(mounted),
    logs: { read: async function* () {} },
    services: { list: () => [], synced: async () => undefined },
    watches: new ObjectWatches({ api, clock, logger }),
    tokens: new PodTokens(api, clock),
    csi: new CsiDrivers(new CsiPaths(rootDir, join(rootDir, 'seen'))),
    disksDir: join(rootDir, 'disks'),
    statuses: new StatusWriter({ api, clock, logger }),
    metrics: agentMetrics({ registry: new Registry(), probes: new Registry() }, { pods: () => 0, containers: () => 0 }),
    awaitUnrouted: async (_pod, withinMs) => void unrouted.push(withinMs),
  };
  return { context, clock, api, runtime, attached, events, unrouted, mounted, image };
}
