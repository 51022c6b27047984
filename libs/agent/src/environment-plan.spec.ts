import type { Container, Service } from '#api/types';
import { ConfigError, environmentOf, environmentSources, expand, fieldValue, resourceValue } from './environment-plan.ts';
import { pod } from './testing/pod-builder.ts';

const nodeAllocatable = { cpuMillis: 2000, memoryBytes: 4 << 20, ephemeralBytes: 100 };
const facts = { podIps: ['10.244.0.2', 'fd00::2'], hostIps: ['10.0.0.1', 'fd00:1::1'], nodeAllocatable };
const service = (name: string, namespace: string, ip = '10.96.0.7'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { clusterIP: ip, ports: [{ name: 'web', port: 80, protocol: 'TCP' }] },
});

function env(container: Partial<Container>, more: { services?: Service[]; links?: boolean } = {}): Record<string, string> {
  const lines = environmentOf({
    pod: pod({ enableServiceLinks: more.links ?? true }),
    container: { name: 'c', ...container },
    configMap: (name) => (name === 'cm' ? { a: '1', b: '2' } : undefined),
    secret: (name) => (name === 's' ? { key: 'hidden' } : undefined),
    services: more.services ?? [],
    file: (volume, path) => (`${volume}/${path}` === 'v/app.env' ? "KEY='value'\nBAD" : undefined),
    facts,
  });
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

describe('expansion', () => {
  it.each([
    ['$(A)', 'x'],
    ['$(A)-$(B)', 'x-$(B)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$x'],
    ['$A ${A} $', '$A ${A} $'],
    ['$(', '$('],
  ])('%p → %p', (text, want) => expect(expand(text, (name) => (name === 'A' ? 'x' : undefined))).toBe(want));
});

describe('the environment of a container', () => {
  it('takes whole maps with a prefix, single keys, and lets the later win', () => {
    const envFrom = [{ configMapRef: { name: 'cm' }, prefix: 'P_' }, { secretRef: { name: 's' } }];
    const own = [
      { name: 'key', value: 'mine' },
      { name: 'one', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } },
      { name: 'both', value: '$(one)+$(P_b)+$(later)' },
      { name: 'later', value: 'x' },
    ];
    expect(env({ envFrom, env: own })).toEqual({ P_a: '1', P_b: '2', key: 'mine', one: '1', both: '1+2+$(later)', later: 'x' });
  });

  it.each<[string, Partial<Container>, string]>([
    ['map', { envFrom: [{ configMapRef: { name: 'no' } }] }, 'configmap "no" not found'],
    ['secret', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'no', key: 'k' } } }] }, 'secret "no" not found'],
    [
      'key',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }] },
      "couldn't find key k in ConfigMap default/cm",
    ],
    [
      'file',
      { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'no.env', key: 'KEY' } } }] },
      'environment variable file "no.env" not found in volume "v"',
    ],
    [
      'key of a file, or what would come after it',
      { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'app.env', key: 'NO' } } }] },
      "couldn't parse env file: invalid environment variable format at line 2: missing '='",
    ],
  ])('fails on a missing %s', (_what, container, message) =>
    expect(() => env(container)).toThrow(expect.objectContaining({ constructor: ConfigError, message })),
  );

  it('takes keys of files in volumes (KEP-3721)', () => {
    const ref = { volumeName: 'v', path: 'app.env', key: 'KEY' };
    const variables = [
      { name: 'A', valueFrom: { fileKeyRef: ref } },
      { name: 'B', valueFrom: { fileKeyRef: { ...ref, path: 'no.env', optional: true } } },
      { name: 'C', value: 'of $(A)' },
    ];
    expect(env({ env: variables })).toEqual({ A: 'value', C: 'of value' });
  });

  it('leaves optional ones out', () => {
    expect(
      env({
        envFrom: [{ secretRef: { name: 'no', optional: true } }],
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k', optional: true } } }],
      }),
    ).toEqual({});
  });

  it('names the services of its namespace, and the API always', () => {
    const services = [
      service('my-web', 'default'),
      service('other', 'else'),
      service('kubernetes', 'default', '10.96.0.1'),
      service('headless', 'default', 'None'),
    ];
    expect(env({}, { services })).toMatchObject({
      MY_WEB_SERVICE_HOST: '10.96.0.7',
      MY_WEB_SERVICE_PORT: '80',
      MY_WEB_SERVICE_PORT_WEB: '80',
      MY_WEB_PORT: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP: 'tcp://10.96.0.7:80',
      MY_WEB_PORT_80_TCP_ADDR: '10.96.0.7',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
    });
    expect(Object.keys(env({}, { services })).some((name) => /OTHER|HEADLESS/.test(name))).toBe(false);
    expect(Object.keys(env({}, { services, links: false })).every((name) => name.startsWith('KUBERNETES_'))).toBe(true);
  });

  it('lists what it needs', () => {
    const own = [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    expect(environmentSources({ env: own, envFrom: [{ configMapRef: { name: 'cm' } }, { secretRef: { name: 's' } }] })).toEqual({
      configMaps: ['cm'],
      secrets: ['s'],
    });
  });
});

describe('the downward API', () => {
  it.each([
    ['metadata.name', 'a'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', 'uid-a'],
    ["metadata.labels['app']", 'web'],
    ["metadata.labels['no']", ''],
    ['metadata.labels', 'app="web"\ntier="a\\"b"'],
    ['spec.nodeName', 'n1'],
    ['status.podIP', '10.244.0.2'],
    ['status.hostIP', '10.0.0.1'],
    ['status.podIPs', '10.244.0.2,fd00::2'],
    ['status.hostIPs', '10.0.0.1,fd00:1::1'],
  ])('%s is %p', (path, want) => expect(fieldValue(pod({}, { labels: { tier: 'a"b', app: 'web' } }), path, facts)).toBe(want));

  it.each([
    ['limits.cpu', undefined, '1'],
    ['limits.cpu', '1m', '500'],
    ['requests.cpu', '1m', '500'],
    ['limits.memory', '1Mi', '4'],
    ['requests.memory', undefined, '0'],
    ['limits.hugepages-2Mi', undefined, '0'],
  ])('%s in units of %p is %p', (resource, divisor, want) => {
    expect(resourceValue({ limits: { cpu: '500m' } }, { resource, divisor }, facts)).toBe(want);
  });
});
