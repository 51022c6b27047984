import { startTestServer, type TestServer } from '#api-server/testing';

const services = '/api/v1/namespaces/default/services';
const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
const cidrs = '/apis/networking.k8s.io/v1/servicecidrs';

let server: TestServer;
beforeEach(async () => void (server = await startTestServer()));
afterEach(() => server.close());

const call = async <T>(...request: Parameters<TestServer['call']>): Promise<T> => (await server.call(...request)).json as T;
const make = (name: string, spec: object = {}) => ({ body: { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } } });
const ipOf = async (name: string, spec?: object): Promise<string> =>
  (await call<{ spec?: { clusterIP: string }; message?: string }>('POST', services, make(name, spec))).spec?.clusterIP ?? 'refused';
const records = async (): Promise<string[]> => {
  const { items } = await call<{ items: { metadata: { name: string }; spec: { parentRef: { namespace: string; name: string } } }[] }>(
    'GET',
    addresses,
  );
  return items
    .map(({ metadata, spec: { parentRef } }) => `${metadata.name} ${parentRef.namespace}/${parentRef.name}`)
    .filter((record) => !record.endsWith(' default/kubernetes'))
    .toSorted();
};
const widen = (name: string, ...ranges: string[]) => server.call('POST', cidrs, { body: { metadata: { name }, spec: { cidrs: ranges } } });

describe('records of cluster IPs', () => {
  it('are there and gone with the answer about the service, and of none that headless ones have', async () => {
    const ip = await ipOf('a');
    expect(await records()).toEqual([`${ip} default/a`]);
    const { json } = await server.call('GET', `${addresses}/${ip}`);
    expect(json).toMatchObject({
      metadata: { uid: expect.any(String), labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' } },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
    });
    await ipOf('b', { clusterIP: 'None' });
    expect(await records()).toEqual([`${ip} default/a`]);
    await server.call('DELETE', `${services}/a`);
    expect(await records()).toEqual([]);
  });

  it('follow a service that becomes another kind of one', async () => {
    const ip = await ipOf('a');
    const patch = (spec: object) =>
      server.call('PATCH', `${services}/a`, { body: { spec }, headers: { 'content-type': 'application/merge-patch+json' } });
    await patch({ type: 'ExternalName', externalName: 'example.org', clusterIP: null, clusterIPs: null });
    expect(await records()).toEqual([]);
    await patch({ type: 'ClusterIP', externalName: null, clusterIP: ip });
    expect(await records()).toEqual([`${ip} default/a`]);
  });

  it('are not made by a write that is refused, or only tried', async () => {
    const ip = await ipOf('a');
    expect(await ipOf('b', { clusterIP: ip })).toBe('refused');
    await server.call('POST', `${services}?dryRun=All`, make('c'));
    await server.call('DELETE', `${services}/a?dryRun=All`);
    expect(await records()).toEqual([`${ip} default/a`]);
  });

  it('keep an address from services that somebody reserved, and let go of it', async () => {
    const parentRef = { group: 'example.com', resource: 'gateways', name: 'edge' };
    await server.call('POST', addresses, { body: { metadata: { name: '10.96.0.77' }, spec: { parentRef } } });
    expect(await ipOf('a', { clusterIP: '10.96.0.77' })).toBe('refused');
    await server.call('DELETE', `${addresses}/10.96.0.77`);
    expect(await ipOf('a', { clusterIP: '10.96.0.77' })).toBe('10.96.0.77');
  });
});

describe('ranges of services', () => {
  it('are more with a ServiceCIDR, and no more once it is going', async () => {
    expect(await ipOf('a', { clusterIP: '10.98.0.5' })).toBe('refused');
    await widen('more', '10.98.0.0/24');
    expect(await ipOf('a', { clusterIP: '10.98.0.5' })).toBe('10.98.0.5');
    await server.call('PATCH', `${cidrs}/more`, {
      body: { metadata: { finalizers: ['example.com/held'] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await server.call('DELETE', `${cidrs}/more`);
    expect(await ipOf('b', { clusterIP: '10.98.0.6' })).toBe('refused');
    expect(await ipOf('c')).toMatch(/^10\.96\./);
  });

  it('are used one after the other', async () => {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }];
    await server.call('PATCH', `${cidrs}/kubernetes/status`, {
      body: { status: { conditions } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await widen('few', '10.97.0.0/30');
    await widen('more', '10.98.0.0/30');
    const given = [];
    for (const name of ['a', 'b', 'c', 'd']) given.push(await ipOf(name));
    expect(given.toSorted()).toEqual(['10.97.0.1', '10.97.0.2', '10.98.0.1', '10.98.0.2']);
    expect(await server.call('POST', services, make('e'))).toMatchObject({
      status: 500,
      json: { message: expect.stringContaining('failed to allocate a serviceIP: range is full') },
    });
  });
});
