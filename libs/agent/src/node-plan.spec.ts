import { allocatableOf, enforcedOf, type HostReport, newNode, type NodeNow, nodeStatus } from './node-plan.ts';
import { parseReserved, parseThresholds } from './node-settings.ts';

const GIB = 2 ** 30;
const host: HostReport = {
  cpus: 4,
  memoryBytes: 8 * GIB,
  ephemeralBytes: 100 * GIB,
  pids: 1000,
  machineId: 'm',
  bootId: 'b',
  kernelVersion: '6.1',
  osImage: 'Debian',
  architecture: 'amd64',
};
const facts = {
  name: 'n1',
  ips: ['10.0.0.1'],
  kubeletPort: 10250,
  version: 'v1.36.0',
  runtimeVersion: 'berth://1',
  localVolumesDir: '/n1/local-volumes',
};

it('a node registers with the labels that nodes have, by their old names as well', () => {
  expect(newNode(facts, host).metadata).toEqual({
    name: 'n1',
    labels: {
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'beta.kubernetes.io/os': 'linux',
      'beta.kubernetes.io/arch': 'amd64',
    },
    annotations: { 'local.storage.berth.io/path': '/n1/local-volumes' },
  });
});

describe('what a node gives to pods', () => {
  it.each([
    { name: 'all, with nothing set', reserved: '', eviction: '', want: [4000, 8, 100] },
    { name: 'less what is reserved', reserved: 'cpu=500m,memory=1Gi,ephemeral-storage=10Gi', eviction: '', want: [3500, 7, 90] },
    { name: 'less what may not be used up', reserved: '', eviction: 'memory.available<1Gi,nodefs.available<10%', want: [4000, 7, 90] },
    { name: 'less both', reserved: 'memory=1Gi', eviction: 'memory.available<25%', want: [4000, 5, 100] },
    { name: 'never less than nothing', reserved: 'cpu=9,memory=9Gi,ephemeral-storage=1Ti', eviction: '', want: [0, 0, 0] },
    {
      name: 'whatever is left of images and process ids',
      reserved: '',
      eviction: 'imagefs.available<50%,pid.available<50%',
      want: [4000, 8, 100],
    },
  ])('$name', ({ reserved, eviction, want }) => {
    const { cpuMillis, memoryBytes, ephemeralBytes } = allocatableOf(host, {
      machineShare: 1,
      reserved: parseReserved(reserved),
      evictionHard: parseThresholds(eviction),
    });
    expect([cpuMillis, memoryBytes / GIB, ephemeralBytes / GIB]).toEqual(want);
  });

  it('is of its part of the machine, where others have the rest', () => {
    const settings = {
      machineShare: 1 / 4,
      reserved: parseReserved('cpu=500m,memory=1Gi', 'pid=50'),
      evictionHard: parseThresholds('memory.available<10%,nodefs.available<20%'),
    };
    expect(allocatableOf(host, settings)).toEqual({
      cpuMillis: 500,
      memoryBytes: GIB - Math.floor(GIB / 5),
      ephemeralBytes: 20 * GIB,
      pids: 200,
    });
    expect(enforcedOf(host, settings)).toEqual({ cpuMillis: 500, memoryBytes: GIB, ephemeralBytes: 25 * GIB, pids: 200 });
    const { capacity } = nodeStatus(facts, host, {
      now: new Date(0),
      pressure: new Set(),
      images: [],
      volumesInUse: [],
      settings: { ...settings, machineShare: 1 / 3 },
    });
    expect(capacity).toMatchObject({ cpu: '1333m', memory: '2796202Ki', 'ephemeral-storage': '34952533Ki' });
  });
});

describe('the status of a node', () => {
  const settings = {
    machineShare: 1,
    reserved: parseReserved('cpu=250m'),
    evictionHard: parseThresholds('memory.available<100Mi,nodefs.available<10%'),
  };
  const now = { now: new Date(0), pressure: new Set<never>(), images: [], volumesInUse: [], settings };
  const status = (more: Partial<NodeNow> = {}) => nodeStatus(facts, host, { ...now, ...more });

  it('has every address of the node, the primary one first', () => {
    expect(nodeStatus({ ...facts, ips: ['10.0.0.1', 'fd00:1::1'] }, host, now).addresses).toEqual([
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'InternalIP', address: 'fd00:1::1' },
      { type: 'Hostname', address: 'n1' },
    ]);
  });

  it('says what there is and what pods get of it', () => {
    expect(status().capacity).toMatchObject({ cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '104857600Ki', pods: '110' });
    expect(status().allocatable).toMatchObject({ cpu: '3750m', memory: '8286208Ki', 'ephemeral-storage': '96636764160', pods: '110' });
  });

  it.each([
    ['6.1.0-18-amd64', true],
    ['5.12.0', true],
    ['5.11.22', false],
    ['4.19.0', false],
  ])('says whether mounts can be read-only all the way down, on Linux %s: %p (KEP-3857)', (kernelVersion, recursiveReadOnlyMounts) => {
    const { runtimeHandlers } = nodeStatus(
      facts,
      { ...host, kernelVersion },
      {
        now: new Date(0),
        pressure: new Set(),
        images: [],
        volumesInUse: [],
        settings,
      },
    );
    const features = { recursiveReadOnlyMounts, userNamespaces: false };
    expect(runtimeHandlers).toEqual(['', 'crun'].map((name) => ({ name, features })));
  });

  it('lists the fifty largest images that have a name, each with five names at most', () => {
    const images = Array.from({ length: 60 }, (_, i) => ({ names: [`r/i${i}:v1`], repoDigests: [`r/i${i}@sha256:0`], sizeBytes: i }));
    const named = { names: ['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6'], repoDigests: [], sizeBytes: 100 };
    const listed = status({ images: [...images, named, { names: [], repoDigests: [], sizeBytes: 1000 }] }).images!;
    expect(listed).toHaveLength(50);
    expect(listed.slice(0, 2)).toEqual([
      { names: ['a:1', 'a:2', 'a:3', 'a:4', 'a:5'], sizeBytes: 100 },
      { names: ['r/i59@sha256:0', 'r/i59:v1'], sizeBytes: 59 },
    ]);
  });
});
