import type { Pod } from '../gen/types.ts';
import { ApiError } from '../meta/api-error.ts';
import type { Gvk } from '../meta/object.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { parseYaml } from './body.ts';
import { applyTableDefaults, decodeBody, type DecodeOptions, decodeObject } from './decode.ts';

const kind = (name: string): Gvk => ({ group: name === 'Deployment' ? 'apps' : '', version: 'v1', kind: name });
const decode = (body: string, gvk: Gvk, options: Partial<DecodeOptions & { mediaType: string }> = {}) =>
  decodeBody(table, Buffer.from(body), { gvk, mediaType: 'application/json', ...options });
const refusal = (act: () => unknown): [number, string] => {
  try {
    act();
  } catch (err) {
    if (err instanceof ApiError) return [err.code, err.message];
    throw err;
  }
  throw new Error('not refused');
};

describe('reading bodies', () => {
  it('takes a body that names no kind for the expected one, and writes kind and version', () => {
    expect(decode('{"data":{"a":"1"}}', kind('ConfigMap'))).toEqual({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {},
      data: { a: '1' },
    });
  });

  it('reads YAML 1.1 as kubectl does', () => {
    const yaml =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yes-it-is}\ndata:\n  multi: |\n    one\n    two\n  quoted: "yes"\n  date: 2026-01-01\n';
    expect(decode(yaml, kind('ConfigMap'), { mediaType: 'application/yaml' })).toMatchObject({
      data: { multi: 'one\ntwo\n', quoted: 'yes', date: '2026-01-01' },
    });
  });

  // The messages of the recorded scenarios configmap-bad and deployment-bad, and of Kubernetes 1.36 where those name an older decoder.
  it.each([
    [
      '',
      'application/json',
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    ],
    [
      '{"metadata": ',
      'application/json',
      `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata": )`,
    ],
    ['a: [', 'application/yaml', 'the object provided is unrecognized (must be of type ConfigMap): yaml: line 1: '],
    ['[]', 'application/json', "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value"],
    ['{"kind":1}', 'application/json', 'json: cannot unmarshal number into Go struct field .kind of type string'],
    [
      '{"data":{"k":1}}',
      'application/json',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      '{"binaryData":{"z":"%%"}}',
      'application/json',
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0',
    ],
    ['metadata: {name: y}', 'application/yaml', 'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string'],
    [
      '{"apiVersion":"v2","kind":"ConfigMap"}',
      'application/json',
      'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme ',
    ],
    [
      '{"apiVersion":"v1","kind":"Secret","data":{"a":"1"}}',
      'application/json',
      'Secret in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte 0',
    ],
    [
      '{"apiVersion":"v1","kind":"Secret"}',
      'application/json',
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
    ],
    [
      '{"metadata":{"creationTimestamp":"x"}}',
      'application/json',
      'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
  ])('refuses %j', (body, mediaType, message) => {
    expect(refusal(() => decode(body, kind('ConfigMap'), { mediaType }))).toEqual([400, expect.stringContaining(message)]);
  });

  it('refuses bodies without a bottom, and YAML that grows without end', () => {
    expect(refusal(() => decode('{"a":'.repeat(5000), kind('ConfigMap')))).toEqual([400, expect.stringContaining('exceeded max depth')]);
    const deepYaml = `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    expect(refusal(() => decode(deepYaml, kind('ConfigMap'), { mediaType: 'application/yaml' }))[0]).toBe(400);
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map(([of, name]) => `${name}: &${name} [${Array(9).fill(`*${of}`).join()}]`),
    ];
    expect(refusal(() => decode(bomb.join('\n'), kind('ConfigMap'), { mediaType: 'application/yaml' }))[0]).toBe(400);
  });

  it('refuses more values than an object may have, whatever they are written in', () => {
    const pod = (owners: string): string => `{"metadata":{"name":"p","ownerReferences":[${owners}]}}`;
    const many = '{},'.repeat(125_000).slice(0, -1);
    const limit = [413, 'Request entity too large: an object has at most 125000 values'];
    expect(refusal(() => decode(pod(many), kind('Pod')))).toEqual(limit);
    // What an empty item becomes counts: kind, name, uid and version.
    expect(refusal(() => decode(pod(many.slice(0, 3 * 40_000 - 1)), kind('Pod')))).toEqual(limit);
    expect(refusal(() => decodeObject(table, JSON.parse(pod(many)), { gvk: kind('Pod') }))).toEqual(limit);
    const item = [0x6a, 0];
    const metadata = Buffer.concat([Buffer.from([0x0a, 1, 0x70]), Buffer.from(Array.from({ length: 300_000 }, () => item).flat())]);
    const size = Buffer.from([0x80 | (metadata.length & 0x7f), 0x80 | ((metadata.length >> 7) & 0x7f), metadata.length >> 14]);
    const message = Buffer.concat([Buffer.from([0x0a]), size, metadata]);
    const inner = Buffer.from([0x80 | (message.length & 0x7f), 0x80 | ((message.length >> 7) & 0x7f), message.length >> 14]);
    const body = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12]), inner, message]);
    expect(refusal(() => decodeBody(table, body, { gvk: kind('Pod'), mediaType: 'application/vnd.kubernetes.protobuf' }))).toEqual(limit);
  });

  it('cuts the paths that complaints name', () => {
    const warnings: string[] = [];
    const twice = Array.from({ length: 200 }, (_, i) => `"f${i}":1,"f${i}":2`).join(',');
    decode(`{"${'x'.repeat(100_000)}":{${twice}}}`, kind('ConfigMap'), { warn: (message) => warnings.push(message) });
    expect(warnings.length).toBeGreaterThan(0);
    expect(Math.max(...warnings.map(({ length }) => length))).toBeLessThan(1100);
  });

  it('looks at a text once, however many names of it are repeated or unknown', () => {
    const warnings: string[] = [];
    const fields = Array.from({ length: 50_000 }, (_, i) => `"f${i}":1`).join(',');
    decode(`{"metadata":{"name":"a"},${fields},${fields}}`, kind('ConfigMap'), { warn: (message) => warnings.push(message) });
    expect(warnings).toHaveLength(200);
    expect([warnings[0], warnings[199]]).toEqual(['duplicate field "f0"', 'unknown field "f99"']);
  });

  it('reads configurations to apply, in YAML and JSON', () => {
    expect(parseYaml(Buffer.from('{"a": 1}')).value).toEqual({ a: 1 });
    expect(parseYaml(Buffer.from('{a: 1}')).value).toEqual({ a: 1 });
    expect(refusal(() => parseYaml(Buffer.from('a: [')))).toEqual([400, expect.stringContaining('error decoding YAML: yaml: line 1: ')]);
  });

  it('refuses other media types', () => {
    expect(refusal(() => decode('{}', kind('ConfigMap'), { mediaType: 'text/plain' }))[0]).toBe(415);
  });

  it('names the place of a value of the wrong type', () => {
    const path = 'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ';
    expect(refusal(() => decode('{"spec":{"replicas":"x"}}', kind('Deployment')))[1]).toBe(
      `${path}string into Go struct field DeploymentSpec.spec.replicas of type int32`,
    );
    expect(refusal(() => decode('{"spec":{"replicas":1.5}}', kind('Deployment')))[1]).toBe(
      `${path}number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    );
    expect(refusal(() => decode('{"spec":{"template":{"spec":{"containers":[{"name":{}}]}}}}', kind('Deployment')))[1]).toBe(
      `${path}object into Go struct field Container.spec.template.spec.containers.name of type string`,
    );
    expect(refusal(() => decode('{"spec":{"template":{"spec":{"restartPolicy":[]}}}}', kind('Deployment')))[1]).toBe(
      `${path}array into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy`,
    );
  });
});

describe('field validation', () => {
  const body = '{"spec":{"foo":"x","replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a","name":"b","x":{"y":1}}]}}}}';
  const problems = [
    'duplicate field "spec.replicas"',
    'duplicate field "spec.template.spec.containers[0].name"',
    'unknown field "spec.foo"',
    'unknown field "spec.template.spec.containers[0].x"',
  ];

  it('refuses under Strict, warns under Warn, is silent under Ignore; unknown fields never stay', () => {
    expect(refusal(() => decode(body, kind('Deployment'), { fieldValidation: 'Strict' }))).toEqual([
      400,
      `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${problems.join(', ')}`,
    ]);
    const warnings: string[] = [];
    const warn = (w: string): void => void warnings.push(w);
    expect(decode(body, kind('Deployment'), { warn })).not.toHaveProperty('spec.foo');
    expect(warnings).toEqual(problems);
    decode(body, kind('Deployment'), { warn, fieldValidation: 'Ignore' });
    expect(warnings).toHaveLength(4);
  });

  it('does not take colons, quotes and braces in strings for members', () => {
    const tricky = String.raw`{"data":{"a":"\":{\"x\":1}","b\"":"\\","c":"::"}}`;
    expect(decode(tricky, kind('ConfigMap'), { fieldValidation: 'Strict' })).toMatchObject({
      data: { a: '":{"x":1}', 'b"': '\\', c: '::' },
    });
  });

  it('finds keys that YAML repeats', () => {
    const yaml = 'data:\n  a: "1"\n  a: "2"\n';
    expect(refusal(() => decode(yaml, kind('ConfigMap'), { mediaType: 'application/yaml', fieldValidation: 'Strict' }))[1]).toContain(
      'yaml: unmarshal errors:\n  line 3: key "a" already set in map',
    );
  });
});

describe('canonical objects', () => {
  it.each([
    [
      'drops zero values that Go leaves out',
      'Pod',
      { spec: { hostNetwork: false, nodeSelector: {}, containers: [] } },
      { spec: { containers: [] } },
      ['hostNetwork', 'nodeSelector'],
    ],
    ['writes what Go always writes', 'Pod', {}, { metadata: {}, spec: { containers: null }, status: {} }, []],
    [
      'keeps pointers apart from absence',
      'Deployment',
      { spec: { replicas: 0, template: { spec: { automountServiceAccountToken: false } } } },
      { spec: { replicas: 0, template: { spec: { automountServiceAccountToken: false } } } },
      [],
    ],
    [
      'takes null for absent',
      'Deployment',
      { spec: { replicas: null, strategy: { rollingUpdate: null } } },
      { spec: { replicas: 1, strategy: { type: 'RollingUpdate' } } },
      [],
    ],
    [
      'takes an empty name of an enumeration for absent',
      'Service',
      { spec: { type: '', ports: [{ port: 80 }] } },
      { spec: { type: 'ClusterIP', ports: [{ protocol: 'TCP' }] } },
      [],
    ],
  ])('%s', (...[, name, given, want, gone]) => {
    const object = decodeObject(table, given, { gvk: kind(name) });
    expect(object).toMatchObject(want);
    for (const field of gone) expect(object).not.toHaveProperty(`spec.${field}`);
  });

  it('spells quantities and times in one way', () => {
    const pod = decodeObject(
      table,
      {
        metadata: { creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
        spec: { containers: [{ name: 'a', resources: { requests: { cpu: 0.5, memory: '1.5Gi' }, limits: { cpu: '2000m' } } }] },
      },
      { gvk: kind('Pod') },
    );
    expect(pod).toMatchObject({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [{ resources: { requests: { cpu: '500m', memory: '1536Mi' }, limits: { cpu: '2' } } }] },
    });
  });

  it('fills plain defaults in, and twice is once', () => {
    const pod = decodeObject(
      table,
      {
        spec: { containers: [{ name: 'a', livenessProbe: { httpGet: { port: 80 } } }], volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      },
      { gvk: kind('Pod'), defaults: false },
    );
    expect(pod).not.toHaveProperty('spec.restartPolicy');
    const defaulted = applyTableDefaults(table, pod);
    expect(defaulted).toMatchObject({
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
        securityContext: {},
        volumes: [{ configMap: { defaultMode: 420 } }],
        containers: [{ resources: {}, livenessProbe: { httpGet: { path: '/', scheme: 'HTTP' }, timeoutSeconds: 1, periodSeconds: 10 } }],
      },
    });
    expect(applyTableDefaults(table, defaulted)).toEqual(defaulted);
  });

  it('leaves alone what is the very same as in an object that has them', () => {
    const before = decode(
      '{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a"},{"name":"b","ports":[{"containerPort":1}]}]}}',
      kind('Pod'),
    ) as Pod;
    const [first, second] = before.spec!.containers;
    const added = { name: 'c', ports: [{ containerPort: 2 }] };
    const changed = { ...second!, ports: [...second!.ports!, { containerPort: 3 }] };
    const after = applyTableDefaults(table, { ...before, spec: { ...before.spec!, containers: [first!, changed, added] } }, before);
    expect(after).toEqual(applyTableDefaults(table, after));
    expect(after.spec!.containers.map(({ ports }) => ports)).toEqual([
      undefined,
      [1, 3].map((containerPort) => ({ containerPort, protocol: 'TCP' })),
      [{ containerPort: 2, protocol: 'TCP' }],
    ]);
    expect(after.spec!.containers[0]).toBe(first);
    expect(after.metadata).toBe(before.metadata);
    expect(applyTableDefaults(table, before, before)).toBe(before);
  });

  it('is safe against keys that mean something to JavaScript', () => {
    const object = decode('{"data":{"__proto__":"x","constructor":"y"}}', kind('ConfigMap'));
    const { data } = object as unknown as { data: Record<string, string> };
    expect(Object.keys(data)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });
});
