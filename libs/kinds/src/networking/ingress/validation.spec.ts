import { cells, complaintsAbout, created, type Json, lines, updated } from '../../testing.ts';
import { ingress } from './kind.ts';
import { validateIngressStatus } from './validation.ts';

const service = { service: { name: 's', port: { number: 80 } } };
const path = (changes: Json = {}): Json => ({ path: '/', pathType: 'Prefix', backend: service, ...changes });
const ruled = (rule: Json): Json => ({ rules: [rule] });
const at = (changes: Json): Json => ruled({ http: { paths: [path(changes)] } });
const backed = (backend: Json): Json => at({ backend });

const inPath = 'spec.rules[0].http.paths[0]';
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const wildcard =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('an ingress', () => {
  it.each<[string, Json, string[]]>([
    ['of a default backend', { defaultBackend: service }, []],
    ['of a rule', at({}), []],
    ['of a rule without paths', ruled({ host: 'a.example.com' }), []],
    ['of nothing', {}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    ['of a class', { defaultBackend: service, ingressClassName: 'a.b' }, []],
    [
      'of a class by another name',
      { defaultBackend: service, ingressClassName: 'A' },
      [`spec.ingressClassName: Invalid value: "A": ${subdomain}`],
    ],
    [
      'of an address',
      ruled({ host: '192.0.2.1' }),
      ['spec.rules[0].host: Invalid value: "192.0.2.1": must be a DNS name, not an IP address'],
    ],
    ['of a host in capitals', ruled({ host: 'A.example.com' }), [`spec.rules[0].host: Invalid value: "A.example.com": ${subdomain}`]],
    ['of a wildcard', ruled({ host: '*.example.com' }), []],
    ['of a wildcard inside', ruled({ host: 'a.*.com' }), [`spec.rules[0].host: Invalid value: "a.*.com": ${wildcard}`]],
    ['of any host in words', ruled({ host: '*' }), [`spec.rules[0].host: Invalid value: "*": ${wildcard}`]],
    ['of no paths', ruled({ http: { paths: [] } }), ['spec.rules[0].http.paths: Required value']],
    ['of nothing over HTTP', ruled({ http: {} }), ['spec.rules[0].http.paths: Required value']],
    [
      'of a secret by another name',
      { defaultBackend: service, tls: [{ secretName: '-' }] },
      [`spec.tls[0].secretName: Invalid value: "-": ${subdomain}`],
    ],
    ['of TLS for all hosts', { defaultBackend: service, tls: [{}] }, []],
    [
      'of TLS for strange hosts',
      { defaultBackend: service, tls: [{ hosts: ['*.a.b', 'a_b', '*a'] }] },
      [`spec.tls[0].hosts[1]: Invalid value: "a_b": ${subdomain}`, `spec.tls[0].hosts[2]: Invalid value: "*a": ${wildcard}`],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(ingress, { spec })).toEqual(want));

  it.each<[Json, string[]]>([
    [{ pathType: 'Exact', path: '/a/b' }, []],
    [{ pathType: 'Exact', path: '' }, [`${inPath}.path: Invalid value: "": must be an absolute path`]],
    [{ pathType: 'Prefix', path: 'a' }, [`${inPath}.path: Invalid value: "a": must be an absolute path`]],
    [{ pathType: 'ImplementationSpecific', path: undefined }, []],
    [{ pathType: 'ImplementationSpecific', path: '/a//b' }, []],
    [{ pathType: 'ImplementationSpecific', path: 'a' }, [`${inPath}.path: Invalid value: "a": must be an absolute path`]],
    [
      { pathType: 'Regex' },
      [`${inPath}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [{ pathType: undefined }, [`${inPath}.pathType: Required value: pathType must be specified`]],
    [
      { path: '//a/./%2f/..' },
      [
        `${inPath}.path: Invalid value: "//a/./%2f/..": must not contain '//'`,
        `${inPath}.path: Invalid value: "//a/./%2f/..": must not contain '/./'`,
        `${inPath}.path: Invalid value: "//a/./%2f/..": must not contain '%2f'`,
        `${inPath}.path: Invalid value: "//a/./%2f/..": cannot end with '/..'`,
      ],
    ],
    [
      { path: '/a/../b%2Fc/.' },
      ["must not contain '/../'", "must not contain '%2F'", "cannot end with '/.'"].map(
        (why) => `${inPath}.path: Invalid value: "/a/../b%2Fc/.": ${why}`,
      ),
    ],
  ])('the path %j', (changes, want) => expect(complaintsAbout(ingress, { spec: at(changes) })).toEqual(want));

  it.each<[Json, string[]]>([
    [{ service: { name: 's', port: { name: 'web' } } }, []],
    [{ resource: { apiGroup: 'k.example.com', kind: 'Bucket', name: 'b' } }, []],
    [{}, [`${inPath}.backend: Invalid value: "": resource or service backend is required`]],
    [
      { ...service, resource: { kind: 'a', name: 'b' } },
      [`${inPath}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      { resource: { kind: '', name: '' } },
      [`${inPath}.backend.resource.kind: Required value`, `${inPath}.backend.resource.name: Required value`],
    ],
    [
      { resource: { apiGroup: 'A', kind: 'a/b', name: '..' } },
      [
        `${inPath}.backend.resource.apiGroup: Invalid value: "A": ${subdomain}`,
        `${inPath}.backend.resource.kind: Invalid value: "a/b": may not contain '/'`,
        `${inPath}.backend.resource.name: Invalid value: "..": may not be '..'`,
      ],
    ],
    [
      { service: { name: '' } },
      [`${inPath}.backend.service.name: Required value`, `${inPath}.backend: Required value: port name or number is required`],
    ],
    [
      { service: { name: 's', port: { name: 'a', number: 1 } } },
      [`${inPath}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      { service: { name: 's', port: { number: 65536 } } },
      [`${inPath}.backend.service.port.number: Invalid value: 65536: must be between 1 and 65535, inclusive`],
    ],
    [
      { service: { name: 's', port: { name: '1' } } },
      [`${inPath}.backend.service.port.name: Invalid value: "1": must contain at least one letter (a-z)`],
    ],
  ])('the backend %j', (backend, want) => expect(complaintsAbout(ingress, { spec: backed(backend) })).toEqual(want));

  it('says its class once only, when it is made', () => {
    const metadata = { name: 'a', namespace: 'default', annotations: { 'kubernetes.io/ingress.class': 'x' } };
    const body = { metadata, spec: { ...at({}), ingressClassName: 'y' } };
    const want = ['annotations.kubernetes.io/ingress.class: Invalid value: "x": must match `ingressClassName` when both are specified'];
    expect(complaintsAbout(ingress, body)).toEqual(want);
    expect(complaintsAbout(ingress, { ...body, spec: { ...at({}), ingressClassName: 'x' } })).toEqual([]);
    expect(updated(ingress, created(ingress, body), body).complaints).toEqual([]);
  });

  it.each<[Json, string[]]>([
    [{ ip: '192.0.2.1' }, []],
    [{ hostname: 'lb.example.com' }, []],
    [{ ip: 'x' }, ['status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    [
      { hostname: '192.0.2.1' },
      ['status.loadBalancer.ingress[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address'],
    ],
    [{ hostname: 'Bad_' }, [`status.loadBalancer.ingress[0].hostname: Invalid value: "Bad_": ${subdomain}`]],
  ])('the status of %j', (balancer, want) => {
    const object = { ...created(ingress, { spec: at({}) }), status: { loadBalancer: { ingress: [balancer] } } };
    expect(lines(validateIngressStatus(object))).toEqual(want);
  });

  it.each<[string, Json, Json]>([
    ['a default backend', { defaultBackend: service }, { Class: '<none>', Hosts: '*', Address: '', Ports: '80' }],
    [
      'three hosts and TLS',
      { ingressClassName: 'c', tls: [{}], rules: ['a', 'b', 'c'].map((host) => ({ host })) },
      { Class: 'c', Hosts: 'a,b,c', Ports: '80, 443' },
    ],
    ['more hosts', { rules: ['a', 'b', 'c', 'd', 'e'].map((host) => ({ host })) }, { Hosts: 'a,b,c + 2 more...' }],
    ['rules without a host between them', { rules: ['', 'b', ''].map((host) => ({ host })) }, { Hosts: 'b' }],
    ['three hosts and a rule without', { rules: ['a', 'b', 'c', ''].map((host) => ({ host })) }, { Hosts: 'a,b,c + 1 more...' }],
  ])('of %s is shown', (_name, spec, want) => expect(cells(ingress, created(ingress, { spec }))).toMatchObject(want));

  it('shows each address once', () => {
    const balancers = [{ ip: '192.0.2.2' }, { ip: '192.0.2.1' }, { hostname: 'lb' }, { ip: '192.0.2.2', hostname: 'x' }];
    const object = { ...created(ingress, { spec: at({}) }), status: { loadBalancer: { ingress: balancers } } };
    expect(cells(ingress, object)).toMatchObject({ Address: '192.0.2.1,192.0.2.2,lb' });
  });

  it('keeps spec and status apart', () => {
    const stored = created(ingress, { spec: at({}), status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } });
    expect(stored.status).toEqual({ loadBalancer: {} });
    const { object } = updated(ingress, stored, {
      metadata: stored.metadata,
      spec: at({ path: '/b' }),
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
    });
    expect(object.status).toEqual({ loadBalancer: {} });
  });
});
