import type { Deployment } from '../gen/types.ts';
import { ApiError } from '../meta/api-error.ts';
import { decodeObject } from '../decode/decode.ts';
import { gvkOf, type KubeObject } from '../meta/object.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { updateManagedFields } from './managed-fields.ts';
import { type ApplyOptions, serverSideApply } from './server-side-apply.ts';
import { mergePatch } from './merge-patch.ts';

const now = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:00:01Z';
const decode = (object: unknown): KubeObject => decodeObject(table, object, { gvk: gvkOf(object as KubeObject) });
const create = (object: KubeObject, manager: string): KubeObject =>
  updateManagedFields(table, undefined, decode(object), { manager, apiVersion: object.apiVersion, now });
const apply = (live: KubeObject | undefined, config: object, manager: string, options: Partial<ApplyOptions> = {}): KubeObject => {
  const object = config as KubeObject;
  return decode(
    serverSideApply(table, live, object, {
      manager,
      apiVersion: live?.apiVersion ?? object.apiVersion,
      kind: live?.kind ?? object.kind,
      now,
      force: false,
      ...options,
    }),
  );
};
const merge = (live: KubeObject, patch: object, manager: string): KubeObject =>
  updateManagedFields(table, live, decode(mergePatch(live, patch)), { manager, apiVersion: live.apiVersion, now: later });
const owners = (object: KubeObject): unknown => object.metadata.managedFields?.map((e) => [e.manager, e.operation, e.fieldsV1]);
const refusal = (act: () => unknown): ApiError => {
  try {
    act();
  } catch (err) {
    if (err instanceof ApiError) return err;
    throw err;
  }
  throw new Error('nothing was refused');
};

const configMap = (rest: object): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', ...rest }) as KubeObject;
const deployment = (containers: object[], spec: object = {}): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } }, spec: { containers } }, ...spec },
  }) as unknown as KubeObject;

// The steps and answers of a real API server, from the recorded scenarios apply-basic and update-managed.
describe('server-side apply of a ConfigMap, as recorded', () => {
  const first = apply(undefined, configMap({ metadata: { name: 'a', labels: { x: 'z' } }, data: { k: '1', j: '2' } }), 'm1');

  it('creates and owns what it applied, but what names the object', () => {
    expect(first).toMatchObject({ data: { j: '2', k: '1' }, metadata: { labels: { x: 'z' } } });
    expect(first.metadata.managedFields).toEqual([
      {
        manager: 'm1',
        operation: 'Apply',
        apiVersion: 'v1',
        time: now,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:j': {}, 'f:k': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } },
      },
    ]);
  });

  it('refuses to change what another manager applied, with one cause a conflict', () => {
    const error = refusal(() => apply(first, configMap({ data: { k: '9' } }), 'm2'));
    expect(error.status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "m1": .data.k',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.k' }] },
    });
  });

  const forced = apply(first, configMap({ data: { k: '9' } }), 'm2', { force: true });
  it('takes the field when forced', () => {
    expect(forced).toMatchObject({ data: { j: '2', k: '9' } });
    expect(owners(forced)).toEqual([
      ['m1', 'Apply', { 'f:data': { 'f:j': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } }],
      ['m2', 'Apply', { 'f:data': { 'f:k': {} } }],
    ]);
  });

  const fewer = apply(forced, configMap({ metadata: { labels: { x: 'z' } } }), 'm1');
  it('removes what the manager applied before and does not apply any more', () => {
    expect((fewer as { data?: unknown }).data).toEqual({ k: '9' });
    expect(owners(fewer)).toEqual([
      ['m1', 'Apply', { 'f:metadata': { 'f:labels': { 'f:x': {} } } }],
      ['m2', 'Apply', { 'f:data': { 'f:k': {} } }],
    ]);
  });

  it('forgets a manager that applies nothing, and keeps the metadata', () => {
    const none = apply(fewer, configMap({}), 'm2');
    expect((none as { data?: unknown }).data).toBeUndefined();
    expect(none.metadata.name).toBe('a');
    expect(owners(none)).toEqual([['m1', 'Apply', { 'f:metadata': { 'f:labels': { 'f:x': {} } } }]]);
  });

  it('refuses configurations of another version, with managers, or with unknown fields', () => {
    const version = refusal(() => apply(fewer, { kind: 'ConfigMap' }, 'm1'));
    expect([version.code, version.message]).toEqual([
      400,
      'Incorrect version specified in apply patch. Specified patch version: , expected: v1',
    ]);
    for (const [kind, shown] of [
      ['Secret', '/v1, Kind=Secret'],
      [undefined, '/v1, Kind='],
      [[null], '/v1, Kind='],
    ]) {
      const wrong = refusal(() => apply(fewer, { ...configMap({}), kind: kind as string }, 'm1'));
      expect([wrong.code, wrong.message]).toEqual([400, `invalid object type: ${shown as string}`]);
    }
    const managers = refusal(() => apply(fewer, configMap({ metadata: { managedFields: [{}] } }), 'm1'));
    expect([managers.code, managers.message]).toEqual([400, 'metadata.managedFields must be nil']);
    const unknown = refusal(() => apply(fewer, configMap({ nope: 1 }), 'm1'));
    expect(unknown.code).toBe(500);
    expect(unknown.message).toContain(': .nope: field not declared in schema');
    expect(unknown.status).not.toHaveProperty('reason');
  });

  it('changes nothing, not even the time, when nothing changes', () => {
    expect(apply(forced, configMap({ data: { k: '9' } }), 'm2', { now: later })).toEqual(decode(forced));
  });
});

describe('owners after ordinary writes, as recorded', () => {
  const created = create(configMap({ metadata: { name: 'a' }, data: { k: '1' } }), 'creator');
  const patched = merge(created, { data: { j: '2' } }, 'patcher');

  it('names the creator and each patcher with what they set', () => {
    expect(owners(created)).toEqual([['creator', 'Update', { 'f:data': { '.': {}, 'f:k': {} } }]]);
    expect(owners(patched)).toEqual([
      ['creator', 'Update', { 'f:data': { '.': {}, 'f:k': {} } }],
      ['patcher', 'Update', { 'f:data': { 'f:j': {} } }],
    ]);
  });

  it('keeps managers that a client does not send back, and takes those that it edits', () => {
    const put = decode(configMap({ metadata: { name: 'a' }, data: { k: '1', j: '2' } }));
    const by = { manager: 'x', apiVersion: 'v1', now: later };
    expect(owners(updateManagedFields(table, patched, put, by))).toEqual(owners(patched));
    const edited = {
      ...patched,
      metadata: { ...patched.metadata, managedFields: [{ ...patched.metadata.managedFields![0]!, manager: 'me' }] },
    };
    expect(owners(updateManagedFields(table, patched, edited, by))).toEqual([['me', 'Update', { 'f:data': { '.': {}, 'f:k': {} } }]]);
  });

  it('forgets all managers on one empty entry, not on an empty list', () => {
    const reset = merge(patched, { metadata: { managedFields: [{}] } }, 'x');
    expect(reset.metadata).not.toHaveProperty('managedFields');
    expect(owners(merge(patched, { metadata: { managedFields: [] } }, 'x'))).toEqual(owners(patched));
    expect(merge(reset, { data: { z: '1' } }, 'x').metadata).not.toHaveProperty('managedFields');
  });

  it('gives fields that were never applied to before-first-apply', () => {
    const reset = merge(patched, { metadata: { managedFields: [{}] } }, 'x');
    const error = refusal(() => apply(reset, configMap({ data: { k: '9' } }), 'm1'));
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k');
    expect(owners(apply(reset, configMap({ data: { k: '1' } }), 'm1'))).toEqual([
      ['m1', 'Apply', { 'f:data': { 'f:k': {} } }],
      ['before-first-apply', 'Update', { 'f:data': { '.': {}, 'f:j': {}, 'f:k': {} } }],
    ]);
  });

  it('keeps entries of subresources apart, and a reset field belongs to nobody', () => {
    const by = { manager: 'kubelet', apiVersion: 'v1', now: later, subresource: 'status', resetFields: ['spec'] };
    const pod = create(
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } } as never,
      'k',
    );
    const status = updateManagedFields(table, pod, { ...pod, spec: {}, status: { phase: 'Running' } } as KubeObject, by);
    expect(status.metadata.managedFields?.at(-1)).toMatchObject({
      manager: 'kubelet',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:phase': {} } },
    });
    expect(status.metadata.managedFields).toHaveLength(2);
  });

  it('makes the oldest of more than ten updaters one', () => {
    let object = created;
    for (let i = 0; i < 12; i++) object = merge(object, { data: { [`n${i}`]: '1' } }, `m${i}`);
    expect(object.metadata.managedFields).toHaveLength(10);
    expect(object.metadata.managedFields?.some((e) => e.manager === 'ancient-changes')).toBe(true);
  });
});

describe('server-side apply of lists', () => {
  const c = { name: 'c', image: 'c:1', ports: [{ containerPort: 80 }] };
  const live = apply(undefined, deployment([c], { replicas: 1 }), 'm1');

  it('identifies items by their keys, with the defaults of keys', () => {
    expect(live.metadata.managedFields![0]!.fieldsV1).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    });
  });

  it('adds an item of its own and takes only that away again', () => {
    const side = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { template: { spec: { containers: [{ name: 's', image: 's:1' }] } } },
    };
    const both = apply(live, side, 'm2');
    const names = (object: KubeObject): unknown => (object as unknown as Deployment).spec.template.spec.containers.map((x) => x.name);
    expect(names(both)).toEqual(['c', 's']);
    const again = apply(both, { ...side, spec: {} }, 'm2');
    expect(names(again)).toEqual(['c']);
  });

  it('sees equal quantities as equal', () => {
    const withCpu = (cpu: unknown): KubeObject => deployment([{ ...c, resources: { limits: { cpu } } }]);
    const one = apply(undefined, withCpu('0.5'), 'm1');
    expect(() => apply(one, withCpu('500m'), 'm2')).not.toThrow();
    expect(refusal(() => apply(one, withCpu(1), 'm2')).message).toBe(
      'Apply failed with 1 conflict: conflict with "m1": .spec.template.spec.containers[name="c"].resources.limits.cpu',
    );
  });

  it('owns defaults as their creator does upstream, without the always-written structs', () => {
    const object = create(deployment([{ name: 'c', image: 'i' }]), 'kubectl-create');
    expect(object.metadata.managedFields![0]!.fieldsV1).toMatchObject({
      'f:spec': {
        'f:progressDeadlineSeconds': {},
        'f:selector': {},
        'f:strategy': { 'f:type': {} },
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:resources': {} } }, 'f:securityContext': {} },
        },
      },
    });
    expect(object.metadata.managedFields![0]!.fieldsV1!['f:spec'] as object).not.toHaveProperty('.');
  });
});

describe('the way from kubectl apply to kubectl apply --server-side', () => {
  const key = 'kubectl.kubernetes.io/last-applied-configuration';
  const applied = configMap({ metadata: { name: 'a' }, data: { a: '1', b: '1' } });
  const live = create(
    configMap({ metadata: { name: 'a', annotations: { [key]: JSON.stringify(applied) } }, data: { a: '1', b: '2' } }),
    'kubectl-client-side-apply',
  );

  it('takes what was applied and still stands without a conflict, and keeps the annotation up to date', () => {
    const next = apply(live, configMap({ metadata: { name: 'a' }, data: { a: '9' } }), 'kubectl');
    expect(next).toMatchObject({ data: { a: '9', b: '2' } });
    expect(next.metadata.annotations?.[key]).toBe('{"apiVersion":"v1","data":{"a":"9"},"kind":"ConfigMap","metadata":{"name":"a"}}\n');
  });

  it('is for kubectl only, and not for fields that were changed since', () => {
    expect(refusal(() => apply(live, configMap({ data: { a: '9' } }), 'other')).message).toContain('.data.a');
    expect(refusal(() => apply(live, configMap({ data: { a: '9', b: '9' } }), 'kubectl')).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.b',
    );
  });
});

describe('an apply that changes nothing', () => {
  it('is one even when it states zero values that are not stored', () => {
    const config = deployment([{ name: 'c', image: 'i', stdin: false }]);
    const once = apply(undefined, config, 'm');
    expect(apply(once, config, 'm', { now: later })).toEqual(once);
  });
});

describe('what stands twice', () => {
  const env = (...names: string[]): object[] => [{ name: 'c', image: 'i', env: names.map((name, i) => ({ name, value: String(i) })) }];
  const ports = (...list: object[]): object[] => [{ name: 'c', image: 'i', ports: list }];
  const why = (config: object): string => refusal(() => apply(undefined, config, 'm')).message.replace(/^failed to create [^)]*\): /, '');
  const inPod = '.spec.template.spec.containers[name="c"]';

  it.each([
    ['an item by its key', deployment(env('A', 'B', 'A')), `${inPod}.env: duplicate entries for key [name="A"]`],
    [
      'an item by two keys, one of them a default',
      deployment(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' })),
      `${inPod}.ports: duplicate entries for key [containerPort=80,protocol="TCP"]`,
    ],
    ['containers', deployment([...env(), ...env()]), '.spec.template.spec.containers: duplicate entries for key [name="c"]'],
    [
      'an item of a set',
      configMap({ metadata: { name: 'a', finalizers: ['example.com/x', 'example.com/x'] } }),
      '.metadata.finalizers: duplicate entries for key [="example.com/x"]',
    ],
    [
      'an owner',
      configMap({ metadata: { name: 'a', ownerReferences: [{ uid: 'u' }, { uid: 'u' }] } }),
      '.metadata.ownerReferences: duplicate entries for key [uid="u"]',
    ],
    [
      'several things',
      deployment(env('A', 'A', 'A')),
      `errors:\n  ${inPod}.env: duplicate entries for key [name="A"]\n  ${inPod}.env: duplicate entries for key [name="A"]`,
    ],
    [
      'nothing, but a key is missing',
      deployment([{ image: 'i' }]),
      '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
  ])('is refused in what is applied: %s', (_what, config, want) => expect(why(config)).toBe(want));

  it('is complained of a hundred times, not more, and says so', () => {
    const lines = why(deployment(env(...Array.from({ length: 5000 }, () => 'A')))).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([102, '  and more']);
  });

  it('stays where it is live already', () => {
    const live = create(deployment(env('A', 'A', 'B')), 'before');
    const applied = apply(live, deployment(env('C')), 'm', { force: true }) as unknown as Deployment;
    expect(applied.spec.template.spec?.containers[0]?.env?.map(({ name }) => name)).toEqual(['A', 'A', 'B', 'C']);
  });
});
