import type { KubeObject } from '#api';
import type { NetworkPolicy, NetworkPolicySpec, Pod } from '#api/types';
import { ManualClock } from '#base/testing';
import { Informers } from '#client';
import { FakeApi } from '#client/testing';
import type { PolicyWorld } from '#network/contract';
import { resources } from '#objects';
import { silentLogger as logger } from '#telemetry';
import { policyFacts } from '../policy-pod.ts';
import { NetworkPolicies } from './network-policies.ts';

const namespace = (name: string, labels = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
const policy = (name: string, spec: NetworkPolicySpec = {}): NetworkPolicy =>
  ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'one' }, spec }) as NetworkPolicy;
const pod = (name: string, nodeName: string, ip?: string, labels = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'one', uid: `uid-${name}`, labels },
    spec: { nodeName, containers: [] },
    status: ip ? { podIPs: [{ ip }] } : {},
  }) as unknown as Pod;

function setUp(attached: [string, string[]][] = []) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = new Informers({ api, clock, logger });
  const all = new Informers({ api, clock, logger, transform: policyFacts });
  const worlds: PolicyWorld[] = [];
  let refusal: Error | undefined;
  const bound = informers.informer<Pod>({ resource: resources.pods, fieldSelector: 'spec.nodeName=n1' });
  const policies = informers.informer<NetworkPolicy>({ resource: resources.networkPolicies });
  const worker = new NetworkPolicies({
    clock,
    logger,
    api,
    policies,
    namespaces: informers.informer({ resource: resources.namespaces }),
    bound,
    everywhere: () => all.informer<Pod>({ resource: resources.pods }),
    attached: async () => new Map(attached),
    tables: {
      apply: async (world) => {
        if (refusal) throw refusal;
        worlds.push(world);
      },
    },
  });
  informers.start();
  all.start();
  const last = () => {
    const world = worlds.at(-1)!;
    const ips = (pods: PolicyWorld['pods']): string => [...new Set(pods.flatMap((each) => each.ips))].toSorted().join(' ');
    return { policies: world.policies.map(({ metadata }) => metadata.name), pods: ips(world.pods), local: ips(world.local) };
  };
  const settle = (): Promise<void> => clock.advance(0);
  const refuse = (err: Error | undefined): void => void (refusal = err);
  const stop = async (): Promise<void> => {
    worker.stop();
    await Promise.all([informers.stop(), all.stop()]);
  };
  return { api, clock, worker, worlds, last, settle, refuse, stop };
}

describe('network policies of a node', () => {
  it('hold for the pods that a former agent left, as soon as it begins', async () => {
    const { api, worker, last, stop } = setUp([
      ['uid-a', ['10.244.1.2']],
      ['uid-gone', ['10.244.1.3']],
    ]);
    api.put(resources.namespaces, namespace('one'));
    api.put(resources.networkPolicies, policy('p'));
    api.put(resources.pods, pod('a', 'n1'));
    api.put(resources.pods, pod('b', 'n2', '10.244.2.2'));
    await worker.start();
    // The one that is not bound here is not let in.
    expect(last()).toEqual({ policies: ['p'], pods: '10.244.1.2 10.244.2.2', local: '10.244.1.2' });
    await stop();
  });

  it('without any are a matter of this node alone: nothing is heard of other pods', async () => {
    const { api, worker, worlds, last, settle, stop } = setUp();
    await worker.start();
    const own = api.put(resources.pods, pod('a', 'n1'));
    await worker.admit(own, ['10.244.1.2']);
    const [applied, watchers] = [worlds.length, api.watchers];
    api.put(resources.pods, pod('b', 'n2', '10.244.2.2'));
    api.put(resources.namespaces, namespace('two'));
    await settle();
    expect([worlds.length, api.watchers]).toEqual([applied, watchers]);
    expect(last()).toEqual({ policies: [], pods: '10.244.1.2', local: '10.244.1.2' });
    api.put(resources.networkPolicies, policy('p'));
    await settle();
    expect(last()).toEqual({ policies: ['p'], pods: '10.244.1.2 10.244.2.2', local: '10.244.1.2' });
    expect(api.watchers).toBe(watchers + 1);
    await stop();
  });

  it('follow policies, labels of pods and namespaces, and addresses', async () => {
    const { api, worker, worlds, last, settle, stop } = setUp();
    api.put(resources.networkPolicies, policy('p'));
    api.put(resources.namespaces, namespace('one', { team: 'red' }));
    await worker.start();
    await worker.admit(api.put(resources.pods, pod('a', 'n1')), ['10.244.1.2']);
    api.put(resources.pods, pod('a', 'n1', '10.244.1.2', { app: 'web' }));
    api.put(resources.namespaces, namespace('one', { team: 'blue' }));
    api.put(resources.pods, pod('b', 'n2', '10.244.2.2'));
    await settle();
    const { local, namespaces } = worlds.at(-1)!;
    expect([local[0]?.labels, namespaces]).toEqual([{ app: 'web' }, [{ name: 'one', labels: { team: 'blue' } }]]);
    expect(last().pods).toBe('10.244.1.2 10.244.2.2');
    const applied = worlds.length;
    api.put(resources.pods, { ...pod('b', 'n2', '10.244.2.2'), metadata: { ...pod('b', 'n2').metadata, annotations: { any: 'thing' } } });
    await settle();
    expect(worlds.length).toBe(applied);
    api.put(resources.pods, { ...pod('b', 'n2', '10.244.2.2'), status: { phase: 'Failed', podIPs: [{ ip: '10.244.2.2' }] } });
    api.removeNow(resources.networkPolicies, 'one', 'p');
    await settle();
    expect(last()).toEqual({ policies: [], pods: '10.244.1.2', local: '10.244.1.2' });
    await worker.release('uid-a');
    expect(last().local).toBe('');
    await stop();
  });

  it('are all known before a pod is let in: one that was made before it may be heard of after it', async () => {
    const { api, worker, settle, last, stop } = setUp();
    await worker.start();
    api.delivering = false;
    api.put(resources.networkPolicies, policy('p'));
    const own = api.put(resources.pods, pod('a', 'n1'));
    let known = false;
    const admitted = worker.caughtUp('one').then(async () => {
      known = true;
      await worker.admit(own, ['10.244.1.2']);
    });
    await settle();
    expect(known).toBe(false);
    api.deliver(resources.networkPolicies);
    api.deliver(resources.pods);
    await settle();
    await admitted;
    expect(last()).toMatchObject({ policies: ['p'], local: '10.244.1.2' });
    await worker.caughtUp('other');
    await stop();
  });

  it('that the kernel refuses fail the pod, and are tried again for the others', async () => {
    const { api, clock, worker, refuse, last, settle, stop } = setUp();
    await worker.start();
    refuse(new Error('no table'));
    await expect(worker.admit(pod('a', 'n1'), ['10.244.1.2'])).rejects.toThrow('no table');
    api.put(resources.networkPolicies, policy('p'));
    await settle();
    refuse(undefined);
    await clock.advance(2_000);
    expect(last()).toMatchObject({ policies: ['p'], local: '10.244.1.2' });
    await stop();
  });
});
