import { decodeObject } from '../decode/decode.ts';
import { builtinTypes } from './builtin-types.ts';
import { LayeredTypes } from './layered-types.ts';
import type { FieldSchema, StructSchema, ValueSchema } from './schema.ts';

const field = (type: string, name: string): FieldSchema | undefined => builtinTypes.type(`io.k8s.api.${type}`)?.fields.get(name);

describe('the table of built-in types', () => {
  it('knows the kinds of every stable group', () => {
    const groups = new Set(builtinTypes.kinds().map(({ group, version }) => `${group}/${version}`));
    expect([...groups].toSorted()).toEqual(
      [
        '/v1',
        'admission.k8s.io/v1',
        'admissionregistration.k8s.io/v1',
        'apps/v1',
        'authentication.k8s.io/v1',
        'authorization.k8s.io/v1',
        'autoscaling/v1',
        'autoscaling/v2',
        'batch/v1',
        'certificates.k8s.io/v1',
        'coordination.k8s.io/v1',
        'discovery.k8s.io/v1',
        'events.k8s.io/v1',
        'flowcontrol.apiserver.k8s.io/v1',
        'networking.k8s.io/v1',
        'node.k8s.io/v1',
        'policy/v1',
        'rbac.authorization.k8s.io/v1',
        'resource.k8s.io/v1',
        'scheduling.k8s.io/v1',
        'storage.k8s.io/v1',
      ].toSorted(),
    );
    for (const kind of builtinTypes.kinds()) expect(builtinTypes.kind(kind)?.fields.size).toBeGreaterThan(0);
  });

  it('refers to nothing that it does not have', () => {
    const missing: string[] = [];
    const check = (value: ValueSchema, place: string): void => {
      if (value.type === 'struct' && !builtinTypes.type(value.of)) missing.push(`${place}: ${value.of}`);
      if (value.type === 'list') check(value.items, place);
      if (value.type === 'map') check(value.values, place);
    };
    for (const name of builtinTypes.typeNames())
      for (const [json, { value }] of builtinTypes.type(name)!.fields) check(value, `${name}.${json}`);
    expect(missing).toEqual([]);
  });

  it('has an item type with the keys that list maps and merges name', () => {
    const wrong: string[] = [];
    for (const name of builtinTypes.typeNames()) {
      for (const [json, { value, patchMergeKey }] of builtinTypes.type(name)!.fields) {
        if (value.type !== 'list' || value.items.type !== 'struct') continue;
        const items = builtinTypes.type(value.items.of)!;
        for (const key of [...(value.listMapKeys ?? []), ...(patchMergeKey ? [patchMergeKey] : [])]) {
          if (!items.fields.has(key)) wrong.push(`${name}.${json}: ${key}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('states what the published definitions state', () => {
    expect(field('core.v1.PodSpec', 'containers')).toEqual({
      value: { type: 'list', items: { type: 'struct', of: 'io.k8s.api.core.v1.Container' }, listType: 'map', listMapKeys: ['name'] },
      required: true,
      patchStrategy: ['merge'],
      patchMergeKey: 'name',
      protobuf: 2,
      whenZero: 'write',
    });
    expect(field('core.v1.Volume', 'emptyDir')).toMatchObject({ protobuf: 2, protobufVia: [2], pointer: true });
    expect(field('admissionregistration.v1.NamedRuleWithOperations', 'apiGroups')).toMatchObject({ protobuf: 1, protobufVia: [2, 2] });
    expect(field('core.v1.ContainerPort', 'protocol')).toMatchObject({ default: 'TCP', value: { enum: ['SCTP', 'TCP', 'UDP'] } });
    expect(field('core.v1.ResourceRequirements', 'limits')?.value).toEqual({ type: 'map', values: { type: 'quantity' } });
    expect(field('apps.v1.DeploymentStrategy', 'rollingUpdate')).toMatchObject({ pointer: true });
    expect(builtinTypes.type('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector')?.atomic).toBe(true);
  });

  it('finds kinds of meta/v1 where clients name them', () => {
    expect(builtinTypes.kind({ group: 'apps', version: 'v1', kind: 'DeleteOptions' })?.name).toContain('meta.v1.DeleteOptions');
    expect(builtinTypes.kind({ group: 'meta.k8s.io', version: 'v1', kind: 'Table' })?.name).toContain('meta.v1.Table');
    expect(builtinTypes.kind({ group: '', version: 'v1', kind: 'Status' })?.name).toContain('meta.v1.Status');
    expect(builtinTypes.kind({ group: 'apps', version: 'v1', kind: 'Nope' })).toBeUndefined();
    expect(builtinTypes.kind({ group: 'nope', version: 'v1', kind: 'DeleteOptions' })).toBeUndefined();
    expect(builtinTypes.type('io.k8s.api.core.v1.Nope')).toBeUndefined();
  });
});

describe('types that come and go', () => {
  const gvk = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const widget = (fields: Record<string, FieldSchema>): StructSchema => ({
    name: 'com.example.v1.Widget',
    fields: new Map(
      Object.entries({
        ...fields,
        metadata: {
          value: { type: 'struct', of: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' },
          whenZero: 'write',
        } satisfies FieldSchema,
      }),
    ),
  });

  it('are decoded as they are now', () => {
    const types = new LayeredTypes(builtinTypes);
    expect(types.kind(gvk)).toBeUndefined();
    types.setKind({ gvk, root: widget({ size: { value: { type: 'int64' } } }) });
    expect(decodeObject(types, { size: 1, color: 'red' }, { gvk })).toMatchObject({ size: 1, metadata: {} });
    types.setKind({ gvk, root: widget({ color: { value: { type: 'string' }, default: 'blue' } }) });
    expect(decodeObject(types, { size: 1 }, { gvk })).toEqual({
      color: 'blue',
      metadata: {},
      kind: 'Widget',
      apiVersion: 'example.com/v1',
    });
    types.deleteKind(gvk);
    expect(() => decodeObject(types, {}, { gvk })).toThrow('no kind "Widget" is registered');
    expect(types.kind({ group: '', version: 'v1', kind: 'Pod' })).toBe(builtinTypes.kind({ group: '', version: 'v1', kind: 'Pod' }));
  });
});
