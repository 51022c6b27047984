import type { EndpointSlice, Ingress, IngressClass, Service } from '#api/types';
import { systemClock } from '#base';
import { ManualClock } from '#base/testing';
import { Informers } from '#client';
import { FakeApi } from '#client/testing';
import type { IngressState } from '#network/contract';
import { resources } from '#objects';
import { createAuthority } from '#pki';
import { silentLogger as logger } from '#telemetry';
import { ObjectWatches } from '../volumes/object-watches.ts';
import { NodeIngress } from './ingress.ts';

type Json = Record<string, unknown>;

/** `first`: what there is when the agent starts. */
async function setUp(first: (put: (resource: (typeof resources)[keyof typeof resources], object: Json) => void) => void = () => undefined) {
  const api = new FakeApi();
  const clock = new ManualClock();
  const informers = new Informers({ api, clock, logger });
  const put = (resource: (typeof resources)[keyof typeof resources], object: Json) => api.put(resource, object as never);
  put(resources.ingressClasses, { metadata: { name: 'own' }, spec: { controller: 'berth.dev/ingress' } });
  first(put);
  const watches = new ObjectWatches({ api, clock, logger });
  const seen: { names: string[]; certificate: boolean }[] = [];
  const acknowledged: string[] = [];
  let refusal: Error | undefined;
  let end = (): void => undefined;
  const slices = informers.informer<EndpointSlice>({ resource: resources.endpointSlices });
  const ingress = new NodeIngress({
    rootDir: '/n',
    clock,
    logger,
    mounts: { tmpfs: () => undefined },
    ingresses: informers.informer<Ingress>({ resource: resources.ingresses }),
    classes: informers.informer<IngressClass>({ resource: resources.ingressClasses }),
    services: informers.informer<Service>({ resource: resources.services }),
    slices,
    lookups: { service: () => undefined, slicesOf: () => [] },
    watches,
    node: () => ({ name: 'n' }),
    network: {
      proxy: () => ({
        apply: async () => {
          if (refusal) throw refusal;
        },
        onEnd: (listener) => void (end = listener),
        metrics: async () => 'm',
        close: () => undefined,
      }),
      state: (ingresses, { certificate }) => {
        seen.push({ names: ingresses.map(({ metadata }) => metadata.name ?? ''), certificate: certificate('a', 's') !== undefined });
        return {} as IngressState;
      },
    },
    applied: (version) => acknowledged.push(version),
  });
  informers.start();
  const starting = ingress.start();
  await clock.advance(0);
  await starting;
  const stop = async () => {
    ingress.stop();
    watches.close();
    await informers.stop();
  };
  return { put, clock, seen, acknowledged, stop, end: () => end(), refuse: (err?: Error) => (refusal = err) };
}

const ofClass = (name: string, ingressClassName: string): Json => ({
  metadata: { namespace: 'a', name },
  spec: { ingressClassName, tls: [{ secretName: 's' }] },
});

describe('the ingress of a node', () => {
  it('serves the Ingresses of its classes alone, as they come', async () => {
    const { put, clock, seen, stop } = await setUp();
    put(resources.ingresses, ofClass('mine', 'own'));
    put(resources.ingresses, ofClass('foreign', 'other'));
    await clock.advance(10);
    expect(seen.at(-1)!.names).toEqual(['mine']);
    put(resources.ingressClasses, { metadata: { name: 'other' }, spec: { controller: 'berth.dev/ingress' } });
    await clock.advance(10);
    expect(seen.at(-1)!.names.toSorted()).toEqual(['foreign', 'mine']);
    await stop();
  });

  it('takes a certificate when its Secret has one that can be served, and leaves it when it has not', async () => {
    const { put, clock, seen, stop } = await setUp();
    put(resources.ingresses, ofClass('mine', 'own'));
    await clock.advance(10);
    expect(seen.at(-1)!.certificate).toBe(false);
    const { certificate, key } = await createAuthority('x', systemClock.now());
    const data = { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
    put(resources.secrets, { metadata: { namespace: 'a', name: 's' }, data });
    await clock.advance(10);
    expect(seen.at(-1)!.certificate).toBe(true);
    put(resources.secrets, { metadata: { namespace: 'a', name: 's' }, data: { ...data, 'tls.key': '' } });
    await clock.advance(10);
    expect(seen.at(-1)!.certificate).toBe(false);
    await stop();
  });

  it('knows the certificates that there are when it begins', async () => {
    const { certificate, key } = await createAuthority('x', systemClock.now());
    const data = { 'tls.crt': Buffer.from(certificate).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
    const { seen, stop } = await setUp((put) => {
      put(resources.ingresses, ofClass('mine', 'own'));
      put(resources.secrets, { metadata: { namespace: 'a', name: 's' }, data });
    });
    expect(seen.map((each) => each.certificate)).not.toContain(false);
    await stop();
  });

  it('applies again when the proxy ends, or did not take it', async () => {
    const { clock, seen, end, refuse, put, stop } = await setUp();
    const count = seen.length;
    end();
    await clock.advance(10);
    expect(seen).toHaveLength(count + 1);
    refuse(new Error('no'));
    put(resources.ingresses, ofClass('mine', 'own'));
    await clock.advance(10);
    refuse();
    const failed = seen.length;
    await clock.advance(2_000);
    expect(seen.length).toBeGreaterThan(failed);
    await stop();
  });

  it('tells which endpoints nothing is sent to any more, also while the proxy cannot be told', async () => {
    const { put, clock, acknowledged, refuse, stop } = await setUp();
    const before = acknowledged.at(-1);
    refuse(new Error('no'));
    put(resources.endpointSlices, { metadata: { namespace: 'a', name: 'e' }, endpoints: [] });
    await clock.advance(10);
    expect(Number(acknowledged.at(-1))).toBeGreaterThan(Number(before));
    await stop();
  });
});
