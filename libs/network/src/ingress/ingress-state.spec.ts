import type { EndpointSlice, Ingress, Service } from '#api/types';
import { type IngressSources, ingressState } from './ingress-state.ts';

type Json = Record<string, unknown>;

const service = (spec: Json = {}): Service =>
  ({
    metadata: { namespace: 'a', name: 's' },
    spec: { ports: [{ name: 'web', port: 80, ...(spec.port as Json) }], ...spec },
  }) as unknown as Service;
const slice = (endpoints: Json[], addressType = 'IPv4'): EndpointSlice =>
  ({ addressType, ports: [{ name: 'web', port: 8080 }], endpoints }) as unknown as EndpointSlice;
const ready = (address: string, more: Json = {}): Json => ({ addresses: [address], conditions: { ready: true }, ...more });
const leaving = (address: string): Json => ({ addresses: [address], conditions: { ready: false, serving: true, terminating: true } });
const ingress = (changes: Json = {}, annotations: Record<string, string> = {}): Ingress =>
  ({
    metadata: { namespace: 'a', name: 'i', annotations },
    spec: {
      rules: [
        { host: 'h', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { name: 'web' } } } }] } },
      ],
      ...changes,
    },
  }) as unknown as Ingress;
const sources = (found: Service | undefined, slices: EndpointSlice[] = []): IngressSources => ({
  node: { name: 'n1', zone: 'z1' },
  service: (namespace, name) => (namespace === 'a' && name === 's' ? found : undefined),
  slicesOf: () => slices,
  certificate: (namespace, name) => (name === 'gone' ? undefined : { certificate: `${namespace}/${name}`, key: 'k' }),
});
const endpoints = (slices: EndpointSlice[], found = service()): string[] =>
  ingressState([ingress()], sources(found, slices)).backends[0]!.endpoints.map(({ ip, port }) => `${ip}:${port}`);

describe('what a node serves of Ingresses', () => {
  it('leads to the pods that are ready, by the port of the service that is named', () => {
    const { routes, backends } = ingressState([ingress()], sources(service(), [slice([ready('10.0.0.1'), leaving('10.0.0.2')])]));
    expect(routes).toEqual([{ host: 'h', path: '', match: 'prefix', backend: 'a_s_80' }]);
    expect(backends).toEqual([
      { name: 'a_s_80', endpoints: [{ ip: '10.0.0.1', port: 8080 }], protocol: 'http', affinity: false, redirectsToTls: false },
    ]);
  });

  it.each<[string, EndpointSlice[], string[]]>([
    ['those that end, where there is no other', [slice([leaving('10.0.0.2')])], ['10.0.0.2:8080']],
    [
      'near ones, where all say for whom they are',
      [slice([ready('10.0.0.1', { hints: { forZones: [{ name: 'z1' }] } }), ready('10.0.0.2', { hints: { forZones: [{ name: 'z2' }] } })])],
      ['10.0.0.1:8080'],
    ],
    ['one family of each pod', [slice([ready('10.0.0.1')]), slice([ready('fd00::1')], 'IPv6')], ['10.0.0.1:8080']],
    ['the family that there is', [slice([ready('fd00::1')], 'IPv6')], ['fd00::1:8080']],
    ['nobody', [], []],
  ])('leads to %s', (_name, slices, want) => expect(endpoints(slices)).toEqual(want));

  it('leads to the family that the service prefers', () => {
    expect(endpoints([slice([ready('10.0.0.1')]), slice([ready('fd00::1')], 'IPv6')], service({ ipFamilies: ['IPv6', 'IPv4'] }))).toEqual([
      'fd00::1:8080',
    ]);
  });

  it('serves headless services as others', () => {
    expect(endpoints([slice([ready('10.0.0.1')])], service({ clusterIP: 'None' }))).toEqual(['10.0.0.1:8080']);
  });

  it.each([
    ['kubernetes.io/h2c', 'h2c'],
    ['grpc', 'h2c'],
    ['kubernetes.io/ws', 'http'],
    ['kubernetes.io/wss', 'https'],
    ['HTTPS', 'https'],
    [undefined, 'http'],
  ])('speaks with a port of appProtocol %s: %s', (appProtocol, want) => {
    expect(ingressState([ingress()], sources(service({ port: { appProtocol } }))).backends[0]!.protocol).toBe(want);
  });

  it('keeps what leads nowhere as its own, and answers for it', () => {
    const { routes, backends } = ingressState([ingress()], sources(undefined));
    expect(routes[0]!.backend).toBe('-nowhere');
    expect(backends).toEqual([{ name: '-nowhere', endpoints: [], protocol: 'http', affinity: false, redirectsToTls: false }]);
  });

  it('has one backend for each way in which Ingresses want a service', () => {
    const annotations = { 'ingress.berth.dev/ssl-redirect': 'true', 'ingress.berth.dev/timeout-seconds': '5' };
    const other = ingress({ rules: [{ host: 'k', http: ingress().spec!.rules![0]!.http }] }, annotations);
    const { backends } = ingressState([ingress(), other], sources(service({ sessionAffinity: 'ClientIP' })));
    expect(backends).toMatchObject([
      { name: 'a_s_80', affinity: true, redirectsToTls: false },
      { name: 'a_s_80_tls_5s', affinity: true, redirectsToTls: true, timeoutSeconds: 5 },
    ]);
  });

  it('shows the certificate of a Secret for all its hosts, and none for a Secret without one', () => {
    const tls = [
      { hosts: ['h', 'k'], secretName: 's' },
      { hosts: ['l'], secretName: 's' },
      { hosts: ['m'], secretName: 'gone' },
    ];
    expect(ingressState([ingress({ tls })], sources(service())).certificates).toEqual([
      { hosts: ['h', 'k', 'l'], certificate: 'a/s', key: 'k' },
    ]);
  });
});
