import type { Ingress, IngressClass, Service } from '#api/types';
import { type IngressClaims, ingressClaims, ingressOptions, isServedIngress, resolveBackend } from '../index.ts';

type Json = Record<string, unknown>;

const to = (name: string): Json => ({ service: { name, port: { number: 80 } } });
const path = (text: string | undefined, pathType = 'Prefix', name = 's'): Json => ({ path: text, pathType, backend: to(name) });
const rule = (host: string | undefined, ...paths: Json[]): Json => ({ host, http: { paths } });

/** Named by the day of its creation, its namespace and its name. */
function ingress(id: string, spec: Json, annotations?: Record<string, string>): Ingress {
  const [day, namespace, name] = id.split('/');
  const metadata = { namespace, name, creationTimestamp: `2026-01-0${day}T00:00:00Z`, annotations };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec } as unknown as Ingress;
}

const nameOf = ({ metadata }: Ingress): string => `${metadata.namespace}/${metadata.name}`;
const routes = ({ routes }: IngressClaims): string[] =>
  routes.map(({ host, path, match, ingress }) => `${host}${path || '/'} ${match} ${nameOf(ingress)}`).toSorted();
const lost = (claims: IngressClaims): string[] =>
  claims.lost.map(({ ingress, host, path = ' certificate', winner }) => `${nameOf(ingress)}: ${host}${path} is of ${nameOf(winner)}`);
const certificates = (claims: IngressClaims): string[] =>
  claims.certificates.map(({ host, namespace, secretName }) => `${host} ${namespace}/${secretName}`);

describe('what Ingresses claim', () => {
  it.each<[string, Ingress[], string[], string[]]>([
    [
      'each type of path',
      [
        ingress('1/a/i', {
          rules: [
            rule('h', path('/e', 'Exact'), path('/p/'), path('/i', 'ImplementationSpecific'), path(undefined, 'ImplementationSpecific')),
          ],
        }),
      ],
      ['h/ prefix a/i', 'h/e exact a/i', 'h/i prefix a/i', 'h/p prefix a/i'],
      [],
    ],
    [
      'the same, of which the older one has it',
      [ingress('2/a/young', { rules: [rule('h', path('/'))] }), ingress('1/b/old', { rules: [rule('h', path('/'))] })],
      ['h/ prefix b/old'],
      ['a/young: h/ is of b/old'],
    ],
    [
      'the same since the same second, of which the first by name has it',
      [ingress('1/b/i', { rules: [rule('h', path('/'))] }), ingress('1/a/i', { rules: [rule('h', path('/'))] })],
      ['h/ prefix a/i'],
      ['b/i: h/ is of a/i'],
    ],
    [
      'the same prefix, written with a slash and without one',
      [ingress('1/a/i', { rules: [rule('h', path('/x/'))] }), ingress('2/b/i', { rules: [rule('h', path('/x'))] })],
      ['h/x prefix a/i'],
      ['b/i: h/x is of a/i'],
    ],
    [
      'one path exactly and as a prefix, which are two things',
      [ingress('1/a/i', { rules: [rule('h', path('/x', 'Exact'))] }), ingress('2/b/i', { rules: [rule('h', path('/x'))] })],
      ['h/x exact a/i', 'h/x prefix b/i'],
      [],
    ],
    [
      'one path twice in one Ingress: the first',
      [ingress('1/a/i', { rules: [rule('h', path('/x'), path('/x'))] })],
      ['h/x prefix a/i'],
      [],
    ],
    [
      'a default backend, for what its hosts have no rule for, and for hosts that nobody has',
      [ingress('1/a/i', { rules: [rule('h', path('/x'))], defaultBackend: to('d') }), ingress('2/b/i', { rules: [rule('k', path('/'))] })],
      ['*/ prefix a/i', 'h/ prefix a/i', 'h/x prefix a/i', 'k/ prefix b/i'],
      [],
    ],
    [
      'a default backend alone, which comes before that of an older one with rules',
      [ingress('1/a/i', { rules: [rule('h', path('/x'))], defaultBackend: to('d') }), ingress('2/b/i', { defaultBackend: to('d') })],
      ['*/ prefix b/i', 'h/ prefix a/i', 'h/x prefix a/i'],
      [],
    ],
    [
      'a default backend alone, twice',
      [ingress('1/a/i', { defaultBackend: to('d') }), ingress('2/b/i', { defaultBackend: to('d') })],
      ['*/ prefix a/i'],
      ['b/i: */ is of a/i'],
    ],
    [
      'a rule without a host, which comes before a default backend',
      [ingress('1/a/i', { defaultBackend: to('d') }), ingress('2/b/i', { rules: [rule(undefined, path('/'))] })],
      ['*/ prefix b/i'],
      ['a/i: */ is of b/i'],
    ],
    ['a host without paths', [ingress('1/a/i', { rules: [{ host: 'h' }] })], [], []],
  ])('%s', (_name, given, want, conflicts) => {
    const claims = ingressClaims(given);
    expect(routes(claims)).toEqual(want);
    expect(lost(claims)).toEqual(conflicts);
  });

  it.each<[string, Ingress[], string[], string[]]>([
    ['for the hosts that it says', [ingress('1/a/i', { tls: [{ hosts: ['h', '*.h'], secretName: 's' }] })], ['h a/s', '*.h a/s'], []],
    ['for those of its rules', [ingress('1/a/i', { rules: [rule('h'), rule('k')], tls: [{ secretName: 's' }] })], ['h a/s', 'k a/s'], []],
    ['for all', [ingress('1/a/i', { defaultBackend: to('d'), tls: [{ secretName: 's' }] })], ['* a/s'], []],
    ['that is the default one', [ingress('1/a/i', { rules: [rule('h')], tls: [{ hosts: ['h'] }] })], [], []],
    [
      'for a host that an older one has one for',
      [ingress('2/b/i', { tls: [{ hosts: ['h', 'k'], secretName: 's' }] }), ingress('1/a/i', { tls: [{ hosts: ['h'], secretName: 's' }] })],
      ['h a/s', 'k b/s'],
      ['b/i: h certificate is of a/i'],
    ],
    [
      'that another one takes from the same Secret',
      [ingress('2/a/j', { tls: [{ hosts: ['h'], secretName: 's' }] }), ingress('1/a/i', { tls: [{ hosts: ['h'], secretName: 's' }] })],
      ['h a/s'],
      [],
    ],
  ])('a certificate %s', (_name, given, want, conflicts) => {
    const claims = ingressClaims(given);
    expect(certificates(claims)).toEqual(want);
    expect(lost(claims)).toEqual(conflicts);
  });
});

describe('an Ingress is served here', () => {
  const classes: Record<string, string> = { own: 'berth.dev/ingress', other: 'example.com/c' };
  const classNamed = (name: string) => (classes[name] ? ({ spec: { controller: classes[name] } } as IngressClass) : undefined);
  it.each<[string, Json, Record<string, string>, boolean]>([
    ['its class says so', { ingressClassName: 'own' }, {}, true],
    ['its class says so, named in the old way', {}, { 'kubernetes.io/ingress.class': 'own' }, true],
    ['its class is of another controller', { ingressClassName: 'other' }, {}, false],
    ['its class is not there', { ingressClassName: 'gone' }, {}, false],
    ['it names no class', {}, {}, false],
    ['its field counts and not the old name', { ingressClassName: 'other' }, { 'kubernetes.io/ingress.class': 'own' }, false],
  ])('when %s', (_name, spec, annotations, want) => {
    expect(isServedIngress(ingress('1/a/i', spec, annotations), classNamed)).toBe(want);
  });
});

describe('a backend', () => {
  const ports = [
    { name: 'web', port: 80 },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ];
  const services: Record<string, Json> = { s: { ports }, alias: { type: 'ExternalName', externalName: 'x' } };
  const serviceNamed = (name: string) => (services[name] ? ({ spec: services[name] } as unknown as Service) : undefined);
  it.each<[Json, string]>([
    [{ service: { name: 's', port: { number: 80 } } }, 'web'],
    [{ service: { name: 's', port: { name: 'web' } } }, 'web'],
    [{ service: { name: 's', port: { number: 53 } } }, 'PortNotFound: service "a/s" has no TCP port 53'],
    [{ service: { name: 's', port: { name: 'x' } } }, 'PortNotFound: service "a/s" has no TCP port x'],
    [{ service: { name: 't', port: { number: 80 } } }, 'ServiceNotFound: service "a/t" does not exist'],
    [
      { service: { name: 'alias', port: { number: 80 } } },
      'UnsupportedBackend: service "a/alias" is of type ExternalName, which is not served',
    ],
    [{ resource: { kind: 'Bucket', name: 'b' } }, 'UnsupportedBackend: backend Bucket "b": resources are not served, only services are'],
  ])('%j: %s', (backend, want) => {
    const found = resolveBackend(backend as never, ingress('1/a/i', {}), serviceNamed);
    expect('port' in found ? found.port.name : `${found.problem.reason}: ${found.problem.message}`).toBe(want);
  });
});

describe('annotations', () => {
  const redirect = 'ingress.berth.dev/ssl-redirect';
  const timeout = 'ingress.berth.dev/timeout-seconds';
  it.each<[Record<string, string> | undefined, Json]>([
    [undefined, { redirectsToTls: false, wrong: [] }],
    [
      { [redirect]: 'true', [timeout]: '300' },
      { redirectsToTls: true, timeoutSeconds: 300, wrong: [] },
    ],
    [{ [redirect]: 'false' }, { redirectsToTls: false, wrong: [] }],
    [{ [redirect]: 'yes' }, { redirectsToTls: false, wrong: [`annotation ${redirect}: must be "true" or "false"`] }],
    ...['0', '86401', '1s', '-1', '1\n', ''].map((text): [Record<string, string>, Json] => [
      { [timeout]: text },
      { redirectsToTls: false, wrong: [`annotation ${timeout}: must be a number from 1 to 86400`] },
    ]),
  ])('%j', (annotations, want) => expect(ingressOptions(ingress('1/a/i', {}, annotations))).toEqual(want));
});
