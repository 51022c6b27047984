import type { Ingress } from '#api/types';
import { systemClock } from '#base';
import { runnable } from '#controller-runtime';
import { resources } from '#objects';
import { createAuthority } from '#pki';
import { SmallCluster } from '../testing/small-cluster.ts';
import { ingressController } from './controller.ts';

type Json = Record<string, unknown>;

let cluster: SmallCluster;
beforeEach(async () => {
  cluster = new SmallCluster();
  put(resources.nodes, { metadata: { name: 'n1' }, ...node('192.0.2.1', 'True') });
  put(resources.ingressClasses, { metadata: { name: 'own' }, spec: { controller: 'berth.dev/ingress' } });
  put(resources.services, { metadata: { namespace: 'a', name: 's' }, spec: { ports: [{ port: 80 }] } });
  await cluster.run(runnable(ingressController(), cluster.context));
});
afterEach(() => cluster.stop());

const put = (resource: (typeof resources)[keyof typeof resources], object: Json): void => {
  cluster.api.put(resource, object as never);
};
const node = (address: string, ready: string): Json => ({
  status: { addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: ready }] },
});
const ingress = (id: string, spec: Json = {}): Json => {
  const [day, namespace, name] = id.split('/');
  const backend = { service: { name: 's', port: { number: 80 } } };
  const rules = [{ host: 'h', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  const metadata = { namespace, name, uid: id, creationTimestamp: `2026-01-0${day}T00:00:00Z` };
  return { metadata, spec: { ingressClassName: 'own', rules, ...spec } };
};
const addresses = (name: string): string[] =>
  (cluster.api.all<Ingress>(resources.ingresses).find(({ metadata }) => metadata.name === name)?.status?.loadBalancer?.ingress ?? []).map(
    ({ ip }) => ip ?? '',
  );

describe('the ingress controller', () => {
  it('gives Ingresses the addresses of the nodes that are ready, and follows those', async () => {
    put(resources.ingresses, ingress('1/a/i'));
    await cluster.settle();
    expect(addresses('i')).toEqual(['192.0.2.1']);
    put(resources.nodes, { metadata: { name: 'n2' }, ...node('192.0.2.2', 'True') });
    await cluster.settle();
    expect(addresses('i')).toEqual(['192.0.2.1', '192.0.2.2']);
    put(resources.nodes, { metadata: { name: 'n1' }, ...node('192.0.2.1', 'Unknown') });
    await cluster.settle();
    expect(addresses('i')).toEqual(['192.0.2.2']);
    expect(cluster.events()).toEqual(expect.arrayContaining(['Sync: Served at 192.0.2.1', 'Sync: Served at 192.0.2.2']));
  });

  it('leaves those of other classes alone, and takes them up when their class becomes ours', async () => {
    put(resources.ingresses, ingress('1/a/i', { ingressClassName: 'later' }));
    await cluster.settle();
    expect(addresses('i')).toEqual([]);
    put(resources.ingressClasses, { metadata: { name: 'later' }, spec: { controller: 'berth.dev/ingress' } });
    await cluster.settle();
    expect(addresses('i')).toEqual(['192.0.2.1']);
  });

  it('tells who loses to an older one, once, and again when it loses anew', async () => {
    put(resources.ingresses, ingress('1/b/old'));
    put(resources.ingresses, ingress('2/a/young'));
    await cluster.settle();
    const conflicts = () => cluster.events().filter((text) => text.startsWith('Conflict'));
    expect(conflicts()).toEqual(['Conflict: host "h", path "/" is that of the older Ingress b/old']);
    put(resources.ingresses, ingress('2/a/young', { ingressClassName: 'own', tls: [] }));
    await cluster.settle();
    expect(conflicts()).toHaveLength(1);
  });

  it('tells what is wrong with backends and certificates, as soon as it is', async () => {
    const { certificate, key } = await createAuthority('x', systemClock.now());
    const tls = [{ secretName: 'cert' }, { secretName: 'opaque' }];
    const pem = (text: string): string => Buffer.from(text).toString('base64');
    put(resources.secrets, {
      metadata: { namespace: 'a', name: 'opaque' },
      type: 'Opaque',
      data: { 'tls.crt': pem(certificate), 'tls.key': pem(key) },
    });
    put(resources.ingresses, ingress('1/a/i', { tls, defaultBackend: { resource: { kind: 'Bucket', name: 'b' } } }));
    await cluster.settle();
    const warnings = () =>
      cluster
        .events()
        .filter((text) => !text.startsWith('Sync'))
        .toSorted();
    expect(warnings()).toEqual([
      'InvalidCertificate: secret "a/cert" does not exist; clients get the default certificate',
      'UnsupportedBackend: the default backend: backend Bucket "b": resources are not served, only services are',
    ]);
    put(resources.secrets, {
      metadata: { namespace: 'a', name: 'cert' },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': pem(certificate), 'tls.key': '' },
    });
    put(resources.services, { metadata: { namespace: 'a', name: 's' }, spec: { ports: [{ port: 81 }] } });
    await cluster.settle();
    expect(warnings()).toEqual(
      expect.arrayContaining([
        expect.stringContaining('InvalidCertificate: secret "a/cert" has no certificate that can be served: '),
        'PortNotFound: h/: service "a/s" has no TCP port 80',
      ]),
    );
  });
});
