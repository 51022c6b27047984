import { lookUp, setKey } from '#base';
import type { Gvk } from '../meta/object.ts';
import type { FieldSchema, StructSchema, TypeTable, ValueSchema } from '../type-table/schema.ts';
import { type Descriptions, noDescriptions } from './descriptions.ts';

/** A schema object of OpenAPI 3.0, with Kubernetes' `x-kubernetes-…` extensions. */
export type OpenApiSchema = Record<string, unknown>;

export interface OpenApiOptions {
  /** Kinds of one group version; the lists of them are added. */
  kinds: readonly Gvk[];
  /** Further types by name, such as those of bodies of subresources. */
  types?: readonly string[];
  descriptions?: Descriptions;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const prefix = '#/components/schemas/';

/** Scalars that have a schema of their own. */
const named: Readonly<Record<string, { name: string; schema: OpenApiSchema }>> = {
  time: { name: `${meta}.Time`, schema: { type: 'string', format: 'date-time' } },
  microTime: { name: `${meta}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  duration: { name: `${meta}.Duration`, schema: { type: 'string' } },
  quantity: { name: 'io.k8s.apimachinery.pkg.api.resource.Quantity', schema: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
  intOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
  },
  rawExtension: { name: 'io.k8s.apimachinery.pkg.runtime.RawExtension', schema: { type: 'object' } },
};
const plain: Readonly<Record<string, OpenApiSchema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  json: {},
};

/**
 * The component schemas of a group version's OpenAPI v3 document: its kinds, their lists, `Status`, `DeleteOptions` and `WatchEvent`,
 * and everything that these refer to, by name. Shapes follow what Kubernetes publishes, so that `kubectl explain` and clients that
 * merge by schema read them alike.
 */
export function openApiSchemas(
  table: TypeTable,
  { kinds, types = [], descriptions = noDescriptions }: OpenApiOptions,
): Record<string, OpenApiSchema> {
  const builder = new Builder(table, descriptions);
  for (const gvk of kinds) {
    builder.addKind(gvk);
    builder.addKind({ ...gvk, kind: `${gvk.kind}List` });
  }
  const [first] = kinds;
  if (first) {
    builder.addKind({ ...first, kind: 'DeleteOptions' });
    builder.addKind({ ...first, kind: 'WatchEvent' });
    builder.addKind({ group: '', version: 'v1', kind: 'Status' });
  }
  for (const name of types) builder.add(name);
  return builder.done();
}

class Builder {
  private readonly table: TypeTable;
  private readonly descriptions: Descriptions;
  private readonly schemas = new Map<string, OpenApiSchema>();

  constructor(table: TypeTable, descriptions: Descriptions) {
    this.table = table;
    this.descriptions = descriptions;
  }

  addKind(gvk: Gvk): void {
    const struct = this.table.kind(gvk);
    if (!struct) return;
    this.add(struct.name);
    const schema = this.schemas.get(struct.name)!;
    const known = (schema['x-kubernetes-group-version-kind'] ?? []) as Gvk[];
    const { group, kind, version } = gvk;
    schema['x-kubernetes-group-version-kind'] = [...known, { group, kind, version }];
  }

  add(name: string): void {
    if (this.schemas.has(name)) return;
    const struct = this.table.type(name);
    if (!struct) throw new Error(`type table: ${name} is not there`);
    const schema: OpenApiSchema = {};
    this.schemas.set(name, schema); // before its fields: types may contain themselves
    Object.assign(schema, this.structSchema(struct));
  }

  done(): Record<string, OpenApiSchema> {
    return Object.fromEntries([...this.schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private structSchema(struct: StructSchema): OpenApiSchema {
    const described = this.descriptions.get(struct.name);
    const properties: Record<string, OpenApiSchema> = {};
    for (const [name, field] of [...struct.fields].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      // The source of descriptions has none for fields that are references: that of the type is next best.
      const ofType = field.value.type === 'struct' ? this.descriptions.get(field.value.of)?.description : undefined;
      setKey(properties, name, this.fieldSchema(name, field, lookUp(described?.fields, name) ?? ofType));
    }
    const required = [...struct.fields].filter(([, field]) => field.required).map(([name]) => name);
    return {
      ...(described?.description && { description: described.description }),
      type: 'object',
      ...(struct.fields.size > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(struct.atomic && { 'x-kubernetes-map-type': 'atomic' }),
      ...(struct.preserveUnknown && { 'x-kubernetes-preserve-unknown-fields': true }),
    };
  }

  private fieldSchema(name: string, field: FieldSchema, description: string | undefined): OpenApiSchema {
    const value = name === 'fieldsV1' ? this.reference(`${meta}.FieldsV1`, { type: 'object' }) : this.valueSchema(field.value);
    const byDefault = field.default ?? (field.value.type === 'struct' && !field.pointer ? {} : undefined);
    const extra: OpenApiSchema = {
      ...(description && { description }),
      ...(byDefault !== undefined && { default: byDefault }),
      ...(field.patchMergeKey && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
      ...(field.patchStrategy && { 'x-kubernetes-patch-strategy': field.patchStrategy.join(',') }),
    };
    // A reference may have no siblings in OpenAPI 3.0.
    return '$ref' in value && Object.keys(extra).length > 0 ? { ...extra, allOf: [value] } : { ...value, ...extra };
  }

  private valueSchema(value: ValueSchema): OpenApiSchema {
    switch (value.type) {
      case 'struct':
        this.add(value.of);
        return { $ref: `${prefix}${value.of}` };
      case 'list':
        return {
          type: 'array',
          items: this.itemSchema(value.items),
          ...(value.listMapKeys && { 'x-kubernetes-list-map-keys': value.listMapKeys }),
          'x-kubernetes-list-type': value.listType,
        };
      case 'map':
        return {
          type: 'object',
          additionalProperties: this.itemSchema(value.values),
          ...(value.atomic && { 'x-kubernetes-map-type': 'atomic' }),
        };
      default: {
        const own = named[value.type];
        if (own) return this.reference(own.name, own.schema);
        return { ...plain[value.type], ...(value.enum && { enum: [...value.enum] }) };
      }
    }
  }

  private itemSchema(value: ValueSchema): OpenApiSchema {
    const schema = this.valueSchema(value);
    if ('$ref' in schema && value.type === 'struct') return { default: {}, allOf: [schema] };
    return value.type === 'string' ? { default: '', ...schema } : schema;
  }

  private reference(name: string, schema: OpenApiSchema): OpenApiSchema {
    if (!this.schemas.has(name)) {
      const description = this.descriptions.get(name)?.description;
      this.schemas.set(name, { ...(description && { description }), ...schema });
    }
    return { $ref: `${prefix}${name}` };
  }
}
