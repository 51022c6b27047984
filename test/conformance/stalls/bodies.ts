/** A request that costs a server more than it costs its sender; sizes are just below what the api-server reads. */
export interface Costly {
  name: string;
  method?: 'PUT' | 'PATCH' | 'POST';
  path: string;
  type: string;
  /** Made when it is sent: together they take a gigabyte. */
  body: () => string | Buffer;
  /** Sent before, so that there is something to change. */
  before?: Omit<Costly, 'before'>;
  /** What it is answered; several where more than one refusal is right. */
  status: number | readonly number[];
}

const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const pods = '/api/v1/namespaces/default/pods';
const maps = '/api/v1/namespaces/default/configmaps';
const times = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const lines = (count: number, line: (i: number) => string): string => times(count, line).join('\n');

const yaml = (name: string, body: () => string, status: Costly['status'] = 400): Costly => ({
  name: `YAML of ${name}`,
  path: review,
  type: 'application/yaml',
  body,
  status,
});
const json = (name: string, path: string, value: () => unknown, status: Costly['status'] = 422): Costly => ({
  name: `JSON of ${name}`,
  path,
  type: 'application/json',
  body: () => textOf(value()),
  status,
});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

// ---- protobuf, written by hand: a client may send what no library writes ---------------------------------------------------------------

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}
const field = (number: number, value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
};
const emptyItems = (number: number, count: number): Buffer => Buffer.alloc(count * 2, field(number, ''));
const envelope = (apiVersion: string, kind: string, message: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])),
    field(2, message),
    Buffer.from([0x1a, 0, 0x22, 0]),
  ]);
const protobuf = (name: string, path: string, body: () => Buffer, status: Costly['status'] = 413): Costly => ({
  name: `protobuf of ${name}`,
  path,
  type: 'application/vnd.kubernetes.protobuf',
  body,
  status,
});

// ---- objects ------------------------------------------------------------------------------------------------------------------------------

const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const podWithEnv = (name: string, count: number, value = 'v'): object =>
  pod(name, { containers: [{ name: 'c', image: 'i', env: times(count, (i) => ({ name: `E${i}`, value })) }] });
const map = (name: string, rest: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...rest });
const manyOf = (count: number, prefix = 'k', value = 'v'): Record<string, string> =>
  Object.fromEntries(times(count, (i) => [`${prefix}${i}`, value]));
const patch = (name: string, type: string, [before, value]: [() => object, () => unknown], status: Costly['status'] = 422): Costly => {
  const of = before() as { kind: string; metadata: { name: string } };
  const path = of.kind === 'Pod' ? pods : maps;
  return {
    name,
    method: 'PATCH',
    path: `${path}/${of.metadata.name}`,
    type,
    body: () => textOf(value()),
    before: json('what is there', path, before, 201),
    status,
  };
};
const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicPatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

export const costly: readonly Costly[] = [
  yaml('200,000 keys', () => `spec:\n${lines(200_000, (i) => `  k${i}: v`)}`, [201, 400, 413, 422]),
  yaml('900,000 comment lines', () => `${'#c\n'.repeat(900_000)}spec: {nonResourceAttributes: {path: /x, verb: get}}\n`, 201),
  yaml('100,000 anchors', () => `spec:\n${lines(100_000, (i) => `  k${i}: &a${i} v`)}`, [400, 413]),
  yaml('100,000 aliases', () => `x: &a [v]\nspec:\n${lines(100_000, (i) => `  k${i}: *a`)}`, [400, 413]),
  yaml(
    'aliases of aliases',
    () => lines(30, (i) => (i === 0 ? 'a0: &a0 [x]' : `a${i}: &a${i} [${times(9, () => `*a${i - 1}`).join(', ')}]`)),
    [400, 413],
  ),
  yaml('an anchor within itself', () => 'spec: &a\n  b: *a\n'),
  yaml(
    'merges of merges',
    () => lines(30, (i) => (i === 0 ? 'a0: &a0 {k: v}' : `a${i}: &a${i}\n  <<: [${times(50, () => `*a${i - 1}`).join(', ')}]\n  k${i}: v`)),
    [201, 400, 413, 422],
  ),
  yaml('1,500,000 dashes', () => `spec:\n${'-\n'.repeat(1_500_000)}`, [400, 413]),
  yaml('700,000 documents', () => '---\n'.repeat(700_000), 422),
  yaml('a million blank lines in a text', () => `a: |\n${'\n'.repeat(2_900_000)}  y`, 422),
  yaml('deep brackets', () => '['.repeat(1_500_000)),
  yaml('deep dashes', () => '- '.repeat(1_500_000)),
  yaml('the same key', () => `spec: {}\n${'a: b\n'.repeat(500_000)}`, [201, 400, 413]),
  json(
    '1,000,000 empty ownerReferences',
    pods,
    () => `{"metadata":{"name":"j-owners","ownerReferences":[${'{},'.repeat(1_000_000).slice(0, -1)}]}}`,
    413,
  ),
  json('40,000 env vars', pods, () => podWithEnv('j-env', 40_000), [201, 413]),
  json('40,000 bad env vars', pods, () =>
    pod('j-badenv', { containers: [{ name: 'c', image: 'i', env: times(40_000, (i) => ({ name: `=${i}`, value: 'v' })) }] }),
  ),
  json('50,000 labels', maps, () => map('j-labels', { metadata: { name: 'j-labels', labels: manyOf(50_000) } }), 201),
  json('100,000 bad labels', maps, () => map('j-badlabels', { metadata: { name: 'j-badlabels', labels: manyOf(100_000, '!', '!') } })),
  json('100,000 bad finalizers', maps, () =>
    map('j-badfin', { metadata: { name: 'j-badfin', finalizers: times(100_000, (i) => `!${i}`) } }),
  ),
  json(
    'a manager of 400,000 control characters',
    maps,
    () =>
      map('j-manager', {
        metadata: {
          name: 'j-manager',
          managedFields: [
            { manager: '\u0001'.repeat(400_000), operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
          ],
        },
      }),
    201,
  ),
  json('60,000 empty containers', pods, () => pod('j-empty', { containers: times(60_000, () => ({})) }), [413, 422]),
  json('40,000 equal containers', pods, () => pod('j-equal', { containers: times(40_000, () => ({ name: 'c', image: 'i' })) }), [413, 422]),
  json(
    '40,000 ports',
    pods,
    () =>
      pod('j-ports', {
        containers: [
          {
            name: 'c',
            image: 'i',
            ports: times(40_000, (i) => ({ containerPort: (i % 65_535) + 1, name: `p${i}`, hostPort: (i % 65_535) + 1 })),
          },
        ],
      }),
    [201, 413, 422],
  ),
  json(
    '50,000 equal tolerations',
    pods,
    () => pod('j-tolerations2', { tolerations: times(50_000, () => ({ key: '!', operator: '!' })) }),
    [413, 422],
  ),
  json(
    'mounts beside devices',
    pods,
    () => {
      const volumes = times(8000, (i) => ({ name: `v${i}`, emptyDir: {} }));
      const volumeMounts = times(8000, (i) => ({ name: `v${i}`, mountPath: `/m${i}` }));
      const volumeDevices = times(8000, (i) => ({ name: `d${i}`, devicePath: `/d${i}` }));
      return pod('j-devices', { volumes, containers: [{ name: 'c', image: 'i', volumeMounts, volumeDevices }] });
    },
    [413, 422],
  ),
  json('20,000 spread constraints', pods, () =>
    pod('j-spread', { topologySpreadConstraints: times(20_000, (i) => ({ maxSkew: 1, topologyKey: `k${i}`, whenUnsatisfiable: 'x' })) }),
  ),
  json('60,000 pull secrets', pods, () => pod('j-pull', { imagePullSecrets: times(60_000, (i) => ({ name: `s${i}` })) }), [201, 413]),
  json('1,400,000 numbers', pods, () => pod('j-groups', { securityContext: { supplementalGroups: times(1_400_000, () => 1) } }), 413),
  json(
    '40,000 equal service ports',
    '/api/v1/namespaces/default/services',
    () => ({ metadata: { name: 'j-svc2' }, spec: { ports: times(40_000, () => ({ name: 'p', port: 80, nodePort: 30_001 })) } }),
    [413, 422],
  ),
  json('100,000 unknown fields', maps, () => map('j-unknown', Object.fromEntries(times(100_000, (i) => [`f${i}`, i]))), 201),
  json(
    'unknown fields with a long path',
    maps,
    () => `{"metadata":{"name":"j-unknown2","labels":{"${'x'.repeat(1_000_000)}":{"a":1}}}}`,
    400,
  ),
  json(
    '100,000 repeated fields',
    maps,
    () => `{"metadata":{"name":"j-repeated"},"data":{${'"a":"b",'.repeat(300_000)}"a":"c"}}`,
    [201, 413],
  ),
  json('one long wrong word', maps, () => ({ metadata: { name: 'x'.repeat(2_900_000) } })),
  json('one long wrong address', pods, () =>
    pod('j-ip', { hostAliases: [{ ip: '1'.repeat(2_900_000), hostnames: ['-'.repeat(10_000)] }] }),
  ),
  json(
    'one long number',
    pods,
    () =>
      pod('j-quantity', {
        containers: [
          { name: 'c', image: 'i', resources: { limits: { cpu: '1'.repeat(1_400_000), memory: `${'9'.repeat(1_400_000)}e9` } } },
        ],
      }),
    201,
  ),
  json('a long duration', maps, () => ({ metadata: { name: 'x', creationTimestamp: '1'.repeat(2_900_000) } }), 400),
  protobuf('1,000,000 empty ownerReferences', pods, () =>
    envelope('v1', 'Pod', field(1, Buffer.concat([field(1, 'p-owners'), emptyItems(13, 1_000_000)]))),
  ),
  protobuf('700,000 empty containers', pods, () =>
    envelope('v1', 'Pod', Buffer.concat([field(1, field(1, 'p-containers')), field(2, emptyItems(2, 700_000))])),
  ),
  protobuf(
    '1,000,000 empty labels',
    pods,
    () => envelope('v1', 'Pod', field(1, Buffer.concat([field(1, 'p-labels'), emptyItems(11, 1_000_000)]))),
    [201, 413, 422],
  ),
  protobuf('1,000,000 empty finalizers', pods, () =>
    envelope('v1', 'Pod', field(1, Buffer.concat([field(1, 'p-fin'), emptyItems(14, 1_000_000)]))),
  ),
  protobuf('1,400,000 envelopes', maps, () => Buffer.concat([Buffer.from('k8s\0'), emptyItems(1, 1_400_000)]), [400, 413, 422]),
  patch('JSON patch that copies what it made', jsonPatch, [
    () => map('b-copy', { data: { a: 'x' } }),
    () => times(40, (i) => ({ op: 'copy', from: '/metadata', path: `/metadata/a${i}` })),
  ]),
  patch(
    'JSON patch that goes down long paths',
    jsonPatch,
    [
      () => map('b-deep', { data: { a: 'x' } }),
      () => times(4000, (i) => ({ op: 'add', path: `/metadata${'/a'.repeat(i % 500)}/a`, value: {} })),
    ],
    200,
  ),
  protobuf('200,000 managed fields', maps, () => {
    const entry = field(17, field(1, 'a'));
    return envelope('v1', 'ConfigMap', field(1, Buffer.alloc(200_000 * entry.length, entry)));
  }),
  patch('JSON patch that copies much', jsonPatch, [
    () => map('b-copy2', { data: { a: 'x'.repeat(200_000) } }),
    () => times(10_000, (i) => ({ op: 'copy', from: '/data/a', path: `/data/b${i}` })),
  ]),
  patch(
    'JSON patch that moves much',
    jsonPatch,
    [
      () => map('b-move', { data: manyOf(30_000) }),
      () => times(10_000, (i) => ({ op: 'move', from: i % 2 ? '/x' : '/data', path: i % 2 ? '/data' : '/x' })),
    ],
    [200, 422],
  ),
  patch(
    'JSON patch that inserts in front',
    jsonPatch,
    [
      () => pod('b-front'),
      () => [
        { op: 'add', path: '/spec/containers/0/args', value: times(100_000, () => '') },
        ...times(9_000, () => ({ op: 'add', path: '/spec/containers/0/args/0', value: '' })),
      ],
    ],
    [413, 422],
  ),
  patch('JSON patch that tests much', jsonPatch, [
    () => map('b-test', { data: manyOf(40_000) }),
    () => times(10_000, () => ({ op: 'test', path: '/data', value: {} })),
  ]),
  patch(
    'JSON patch that nests',
    jsonPatch,
    [
      () => map('b-nest', {}),
      () =>
        times(10_000, (i) =>
          i % 2
            ? { op: 'move', from: `/x${(i - 1) / 2}`, path: `/x${(i + 1) / 2}/y` }
            : { op: 'add', path: `/x${i / 2 + (i ? 0 : 0) + 1}`, value: {} },
        ),
    ],
    [200, 413, 422],
  ),
  patch('JSON patch with long paths', jsonPatch, [
    () => map('b-paths', {}),
    () => times(10, () => ({ op: 'add', path: '/a'.repeat(140_000), value: 1 })),
  ]),
  patch(
    'merge patch of 80,000 keys',
    mergePatch,
    [() => map('b-merge', { data: manyOf(40_000) }), () => ({ data: manyOf(80_000) })],
    [200, 413],
  ),
  patch(
    'strategic patch of 40,000 env vars',
    strategicPatch,
    [
      () => podWithEnv('b-smp', 10),
      () => ({ spec: { containers: [{ name: 'c', env: times(40_000, (i) => ({ name: `F${i}`, value: 'v' })) }] } }),
    ],
    [200, 413, 422],
  ),
  patch(
    'strategic patch with an order',
    strategicPatch,
    [
      () => podWithEnv('b-smp2', 10),
      () => ({
        spec: {
          containers: [
            {
              name: 'c',
              '$setElementOrder/env': times(40_000, (i) => ({ name: `F${i}` })),
              env: times(40_000, (i) => ({ name: `F${40_000 - i}`, value: 'v' })),
            },
          ],
        },
      }),
    ],
    [200, 400, 413, 422],
  ),
  patch(
    'strategic patch that replaces',
    strategicPatch,
    [() => podWithEnv('b-smp4', 15_000), () => ({ spec: { containers: [{ name: 'c', image: 'j' }] } })],
    200,
  ),
  patch('apply of 40,000 env vars', applyPatch, [() => podWithEnv('b-ssa', 10), () => podWithEnv('b-ssa', 40_000)], [200, 413, 422]),
  patch(
    'apply that conflicts in 30,000 fields',
    applyPatch,
    [() => map('b-ssa2', { data: manyOf(30_000) }), () => map('b-ssa2', { data: manyOf(30_000, 'k', 'w') })],
    409,
  ),
  patch(
    'apply of 100,000 fields that do not exist',
    applyPatch,
    [() => map('b-ssa3', {}), () => map('b-ssa3', Object.fromEntries(times(100_000, (i) => [`f${i}`, i])))],
    [413, 500],
  ),
  patch(
    'apply with YAML of 100,000 anchors',
    applyPatch,
    [() => map('b-ssa4', {}), () => `data:\n${lines(100_000, (i) => `  k${i}: &a${i} v`)}`],
    [400, 413],
  ),
];
