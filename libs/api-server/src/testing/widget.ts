import type { FieldSchema, KubeObject, StructSchema } from '#api';
import type { AddedKind } from '../contract.ts';

export interface Widget extends KubeObject {
  spec?: { size?: number; color?: string; parts?: { name: string; count?: number }[] };
}

const struct = (name: string, fields: Record<string, FieldSchema>): StructSchema => ({
  name: `com.example.v1.${name}`,
  fields: new Map(Object.entries(fields)),
});
const text: FieldSchema = { value: { type: 'string' } };

/** A kind as a CustomResourceDefinition would make it: `widgets.example.com`. */
export const widget: AddedKind = {
  definition: {
    gvk: { group: 'example.com', version: 'v1', kind: 'Widget' },
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', shortNames: ['wd'] },
    validate: () => [],
    columns: [{ name: 'Size', type: 'integer', value: (object) => (object as Widget).spec?.size ?? null }],
  },
  types: [
    {
      gvk: { group: 'example.com', version: 'v1', kind: 'Widget' },
      root: struct('Widget', {
        apiVersion: text,
        kind: text,
        metadata: { value: { type: 'struct', of: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }, whenZero: 'write' },
        spec: { value: { type: 'struct', of: 'com.example.v1.WidgetSpec' }, pointer: true },
      }),
      nested: [
        struct('WidgetSpec', {
          size: { value: { type: 'int64' } },
          color: { value: { type: 'string' }, default: 'blue' },
          parts: {
            value: {
              type: 'list',
              items: { type: 'struct', of: 'com.example.v1.WidgetPart' },
              listType: 'map',
              listMapKeys: ['name'],
            },
          },
        }),
        struct('WidgetPart', { name: { ...text, required: true }, count: { value: { type: 'int64' } } }),
      ],
    },
  ],
};
