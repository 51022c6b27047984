import { Registry } from 'prom-client';
import type { KubeObject, Resource } from '#api';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types';
import { systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { EventSink, Informers } from '#client';
import { FakeApi } from '#client/testing';
import { localStorage, resources, storageNames } from '#objects';
import { silentLogger } from '#telemetry';
import { Scheduler } from './scheduler.ts';
import { node, pod } from './testing.ts';

const { persistentVolumeClaims, persistentVolumes, pods, nodes, storageClasses } = resources;
const { selectedNode, bindCompleted } = storageNames;

describe('a pod whose claims wait for it', () => {
  const clock = new ManualClock();
  let api: FakeApi;
  let informers: Informers;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    api = new FakeApi();
    const parts = { api, clock, logger: silentLogger };
    informers = new Informers(parts);
    stop = new AbortController();
    put(nodes, { ...node('n1'), metadata: { ...node('n1').metadata, annotations: { [localStorage.pathAnnotation]: '/v' } } });
    put(storageClasses, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'local' },
      provisioner: localStorage.provisioner,
      volumeBindingMode: 'WaitForFirstConsumer',
    } as KubeObject);
    const events = new EventSink(parts).recorder('default-scheduler');
    const scheduler = new Scheduler({ ...parts, informers, events, random: systemRandom, registry: new Registry() });
    informers.start();
    running = scheduler.run(stop.signal);
    await clock.advance(50);
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await informers.stop();
  });

  const put = (resource: Resource, object: KubeObject): void => void api.put(resource, object);
  const claimed = async (change: object = {}): Promise<void> => {
    const [present] = api.all<PersistentVolumeClaim>(persistentVolumeClaims);
    const base = present ?? {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', namespace: 'default', uid: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'local' },
      status: { phase: 'Pending' },
    };
    put(persistentVolumeClaims, { ...base, ...change } as PersistentVolumeClaim);
    await clock.advance(50);
  };
  const volume = (name: string, spec: object = {}): PersistentVolume =>
    ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'local', ...spec },
      status: { phase: 'Available' },
    }) as PersistentVolume;
  const mounting = async (name = 'p'): Promise<void> => {
    put(pods, pod(name, { spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } }));
    await clock.advance(50);
  };
  const claim = (): PersistentVolumeClaim => api.all<PersistentVolumeClaim>(persistentVolumeClaims)[0]!;
  const nodeOf = (name = 'p'): string | undefined => api.all<Pod>(pods).find(({ metadata }) => metadata.name === name)?.spec.nodeName;
  const bind = (volumeName: string, phase = 'Bound'): Promise<void> =>
    claimed({
      metadata: { ...claim().metadata, annotations: { ...claim().metadata.annotations, [bindCompleted]: 'yes' } },
      spec: { ...claim().spec, volumeName },
      status: { phase },
    });

  it('says where their volume is to be made, and starts the pod when it is there', async () => {
    await claimed();
    await mounting();
    expect(claim().metadata.annotations).toEqual({ [selectedNode]: 'n1' });
    expect(nodeOf()).toBeUndefined();
    put(persistentVolumes, volume('v', { claimRef: { namespace: 'default', name: 'c', uid: 'c' } }));
    await bind('v', 'Pending');
    expect(nodeOf()).toBeUndefined();
    await bind('v');
    expect(nodeOf()).toBe('n1');
  });

  it('keeps a volume that is there for them', async () => {
    put(persistentVolumes, volume('v'));
    await claimed();
    await mounting();
    expect(claim().metadata.annotations).toBeUndefined();
    expect(api.all<PersistentVolume>(persistentVolumes)[0]).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
      spec: { claimRef: { namespace: 'default', name: 'c', uid: claim().metadata.uid } },
    });
    await bind('v');
    expect(nodeOf()).toBe('n1');
  });

  it('tries again when the node that was chosen can make none', async () => {
    await claimed();
    await mounting();
    const choose = (name: string): Promise<void> => claimed({ metadata: { ...claim().metadata, annotations: { [selectedNode]: name } } });
    await choose('elsewhere');
    expect(nodeOf()).toBeUndefined();
    await claimed({ metadata: { ...claim().metadata, annotations: {} } });
    await clock.advance(20_000);
    expect(claim().metadata.annotations).toEqual({ [selectedNode]: 'n1' });
  });

  it('waits for a claim that is not there yet, and hears of it', async () => {
    await mounting();
    expect(api.all<Pod>(pods)[0]?.status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', message: expect.stringContaining('persistentvolumeclaim "c" not found.') as string },
    ]);
    await claimed();
    await clock.advance(20_000);
    expect(claim().metadata.annotations).toEqual({ [selectedNode]: 'n1' });
  });

  it('gives up after ten minutes, and tries again', async () => {
    await claimed();
    await mounting();
    await clock.advance(600_000);
    expect(api.all<KubeObject & { message?: string }>(resources.events).map(({ message }) => message)).toContain(
      'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    );
    put(persistentVolumes, volume('v', { claimRef: { namespace: 'default', name: 'c', uid: 'c' } }));
    await bind('v');
    await clock.advance(20_000);
    expect(nodeOf()).toBe('n1');
  });
});
