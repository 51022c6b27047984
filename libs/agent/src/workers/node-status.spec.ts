import type { Node, NodeStatus } from '#api/types';
import { ManualClock } from '#base/testing';
import { FakeApi } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import type { HostReport } from '../node-plan.ts';
import { defaultNodeSettings } from '../node-settings.ts';
import type { Pressure } from '../pressure-plan.ts';
import { NodeStatusWorker } from './node-status.ts';

const host: HostReport = {
  cpus: 2,
  memoryBytes: 2 ** 30,
  pids: 1000,
  ephemeralBytes: 2 ** 30,
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

describe('node status', () => {
  const rig = async () => {
    const [api, clock, ending] = [new FakeApi(), new ManualClock(), new AbortController()];
    const events: string[] = [];
    const pressure = new Set<Pressure>();
    const worker = new NodeStatusWorker({
      api,
      clock,
      logger: silentLogger,
      facts,
      readHost: async () => host,
      seen: () => api.all<Node>(resources.nodes)[0],
      events: { event: (_, { reason }) => events.push(reason) },
      settings: defaultNodeSettings,
      pressure: () => pressure,
      volumesInUse: () => ['kubernetes.io/csi/d^h'],
      images: { list: async () => [] },
    });
    await worker.start(ending.signal);
    const running = worker.run(ending.signal);
    const change = (by: (node: Node) => Partial<Node>): unknown => {
      const node = api.all<Node>(resources.nodes)[0]!;
      return api.put(resources.nodes, { ...node, ...by(node) });
    };
    return { worker, api, clock, events, change, pressure, end: () => (ending.abort(), running) };
  };
  const readyOf = (api: FakeApi): unknown => api.all<Node>(resources.nodes)[0]!.status?.conditions?.find(({ type }) => type === 'Ready');
  const silent = ({ status }: Node): { status: NodeStatus } => ({
    status: { ...status, conditions: status!.conditions!.map((condition) => ({ ...condition, status: 'Unknown' })) },
  });

  it('says again that it is Ready when it was taken for dead meanwhile', async () => {
    const { api, clock, change, events, end } = await rig();
    change(silent);
    await clock.advance(10_000);
    expect(readyOf(api)).toMatchObject({ status: 'True', lastTransitionTime: clock.now().toISOString().replace(/\.\d+/, '') });
    expect(events.filter((reason) => reason === 'NodeReady')).toHaveLength(2);
    await end();
  });

  it('says at once that it is shutting down, and is not Ready from then on', async () => {
    const { worker, api, clock, events, end } = await rig();
    await worker.shutDown();
    const want = { status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' };
    expect(readyOf(api)).toMatchObject(want);
    expect(events).toEqual(expect.arrayContaining(['NodeShutdown', 'NodeNotReady']));
    await clock.advance(300_000);
    expect(readyOf(api)).toMatchObject(want);
    await end();
  });

  it('tells of pressure when it comes and when it is over', async () => {
    const { api, clock, pressure, events, end } = await rig();
    const shown = (): unknown =>
      api
        .all<Node>(resources.nodes)[0]!
        .status?.conditions?.filter(({ status }) => status === 'True')
        .map(({ type, reason }) => `${type} ${reason}`);
    pressure.add('PIDPressure').add('DiskPressure');
    await clock.advance(10_000);
    expect(shown()).toEqual(['DiskPressure KubeletHasDiskPressure', 'PIDPressure KubeletHasInsufficientPID', 'Ready KubeletReady']);
    pressure.clear();
    await clock.advance(10_000);
    expect(shown()).toEqual(['Ready KubeletReady']);
    expect(events.slice(5)).toEqual(['NodeHasDiskPressure', 'NodeHasInsufficientPID', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID']);
    await end();
  });

  it('writes nothing while nothing changes, but for a sign of life every five minutes', async () => {
    const { api, clock, end } = await rig();
    const before = api.calls.length;
    await clock.advance(290_000);
    expect(api.calls).toHaveLength(before);
    await clock.advance(10_000);
    expect(api.calls).toHaveLength(before + 1);
    await end();
  });

  it('tells what it became, as the kubelet does', async () => {
    const { clock, change, events, end } = await rig();
    expect(events).toEqual(['Starting', 'NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady']);
    change(() => ({ spec: { unschedulable: true } }));
    await clock.advance(10_000);
    change(() => ({ spec: {} }));
    await clock.advance(10_000);
    expect(events.slice(5)).toEqual(['NodeNotSchedulable', 'NodeSchedulable']);
    await end();
  });
});
