import { builtinTypes, strategicMergePatch } from '#api';
import { ManualClock } from '#base/testing';
import { FakeApi } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { pod as podOf } from '../testing/pod-builder.ts';
import { StatusWriter } from './status-writer.ts';

describe('status writer', () => {
  it('replaces the addresses of a pod and what its conditions said before, and leaves conditions of others', async () => {
    const api = new FakeApi();
    const readinessGate = { type: 'example.org/gate', status: 'True' };
    const unready = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [a]' };
    const before = {
      podIP: '10.244.0.2',
      podIPs: [{ ip: '10.244.0.2' }],
      hostIPs: [{ ip: '10.0.0.9' }],
      conditions: [readinessGate, unready],
    };
    const pod = { ...podOf(), status: before };
    api.put(resources.pods, pod);
    const status = {
      podIP: '10.244.0.3',
      podIPs: [{ ip: '10.244.0.3' }],
      hostIPs: [{ ip: '10.0.0.1' }],
      conditions: [{ type: 'Ready', status: 'True' }],
    };
    await new StatusWriter({ api, clock: new ManualClock(), logger: silentLogger }).write(pod, status);

    const [item] = api.calls.flat().filter((call) => typeof call === 'object' && 'patch' in call);
    const schema = { type: 'struct', of: 'io.k8s.api.core.v1.Pod' } as const;
    const merged = strategicMergePatch(builtinTypes, schema, pod, (item as { patch: unknown }).patch) as typeof pod;
    expect(merged.status).toEqual({ ...status, conditions: expect.arrayContaining([readinessGate, ...status.conditions]) });
  });
});
