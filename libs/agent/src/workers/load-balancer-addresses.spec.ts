import type { EndpointSlice, Node, Service } from '#api/types';
import { ManualClock } from '#base/testing';
import { Informers } from '#client';
import { FakeApi } from '#client/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { LoadBalancerAddresses } from './load-balancer-addresses.ts';

const service = (name: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { type: 'LoadBalancer' },
});

describe('addresses of load balancers on a node', () => {
  const clock = new ManualClock();
  const api = new FakeApi();
  const informers = new Informers({ api, clock, logger: silentLogger });
  const stopping = new AbortController();
  const done: string[] = [];
  let lastContactMs = 0;
  let present: readonly string[] = [];
  const worker = new LoadBalancerAddresses({
    clock,
    logger: silentLogger,
    nodes: informers.informer<Node>({ resource: resources.nodes }),
    services: informers.informer<Service>({ resource: resources.services }),
    slices: informers.informer<EndpointSlice>({ resource: resources.endpointSlices }),
    announced: ({ services }) => services.map(({ metadata: { name = '' } }) => name),
    announcer: {
      apply: async (ips) => {
        const added = ips.filter((ip) => !present.includes(ip));
        done.push(`apply ${ips.join()}`);
        present = ips;
        return added;
      },
      tell: async (ips) => void done.push(`tell ${ips.join()}`),
    },
    lastContactMs: () => lastContactMs,
  });
  const doneAfter = async (ms: number): Promise<string[]> => {
    await clock.advance(ms);
    return done.splice(0);
  };
  afterAll(async () => {
    stopping.abort();
    await informers.stop();
  });

  it('are told of as soon as they are there, and again; nothing is done for what stays', async () => {
    api.put(resources.services, service('a'));
    lastContactMs = clock.monotonicMs();
    void worker.run(stopping.signal);
    informers.start();
    expect(await doneAfter(50)).toEqual(['apply a', 'tell a']);
    expect(await doneAfter(10_000)).toEqual(['tell a', 'tell a']);
    api.put(resources.services, service('b'));
    expect(await doneAfter(50)).toEqual(['apply a,b', 'tell b']);
  });

  it('are given up when the node has been cut off as long as its lease lasts, and taken back', async () => {
    lastContactMs = clock.monotonicMs();
    expect(await doneAfter(35_000)).not.toContain('apply ');
    expect(await doneAfter(15_000)).toEqual(['apply ']);
    lastContactMs = clock.monotonicMs();
    expect(await doneAfter(6_000)).toEqual(['apply a,b', 'tell a,b', 'tell a,b']);
  });
});
