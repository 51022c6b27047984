import type { GoField, GoPackage, GoType } from './go-source.ts';

/** What one package of type definitions is called, on both sides. */
export interface PackageName {
  /** Go import path. */
  path: string;
  /** The name in rows and file names: `core.v1`. */
  short: string;
  /** The prefix of OpenAPI names: `io.k8s.api.core.v1`. */
  openApi: string;
}

const scalars = new Map([
  ['string', 'string'],
  ['bool', 'bool'],
  ['int32', 'int32'],
  ['int', 'int32'],
  ['int64', 'int64'],
  ['float64', 'float64'],
  ['[]byte', 'bytes'],
  ['interface{}', 'json'],
  ['any', 'json'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.Time', 'time'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime', 'microTime'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.Duration', 'duration'],
  ['k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1', 'rawExtension'],
  ['k8s.io/apimachinery/pkg/api/resource.Quantity', 'quantity'],
  ['k8s.io/apimachinery/pkg/util/intstr.IntOrString', 'intOrString'],
  ['k8s.io/apimachinery/pkg/runtime.RawExtension', 'rawExtension'],
  ['k8s.io/apimachinery/pkg/types.UID', 'UID'],
  ['k8s.io/apimachinery/pkg/types.NodeName', 'NodeName'],
]);

/** Types with a JSON form of their own; they are scalars of the table. */
const ownForm = new Set(['Time', 'MicroTime', 'Duration', 'FieldsV1']);

/** Writes the rows of one package; `rows/README.md` describes the format. Only types that a kind or `roots` reach are written. */
export function rowsOf(go: GoPackage, name: PackageName, packages: readonly PackageName[], wanted: ReadonlySet<string>): string {
  const context = { go, name, packages };
  const lines = [`package ${name.openApi} ${go.group || 'core'} ${name.short.split('.')[1]}`];
  const kinds = go.kinds.filter((kind) => wanted.has(kind));
  if (kinds.length) lines.push(`kinds ${kinds.join(' ')}`);
  for (const type of go.types) {
    if (!wanted.has(type.name) || (name.short === 'meta.v1' && ownForm.has(type.name))) continue;
    lines.push('', ...(type.form === 'struct' ? structRows(type, context) : [aliasRow(type, context)]));
  }
  return `${lines.join('\n')}\n`;
}

interface Context {
  go: GoPackage;
  name: PackageName;
  packages: readonly PackageName[];
}

function aliasRow(type: GoType & { form: 'named' }, context: Context): string {
  const values = type.markers.has('enum')
    ? [...context.go.constants.values()].filter((c) => c.goType === type.name).map((c) => c.value)
    : [];
  const choice = values.length ? [` ${[...new Set(values)].sort().join('|')}`] : [];
  return `alias ${type.name} ${typeName(type.goType, context)}${choice.join('')}`;
}

function structRows(type: GoType & { form: 'struct' }, context: Context): string[] {
  const atomic = type.markers.get('structType')?.[0] === 'atomic' || type.markers.get('mapType')?.[0] === 'atomic';
  return [
    `struct ${type.name}${atomic ? ' atomic' : ''}`,
    ...type.fields.map((field) =>
      field.json === '' ? `  inline ${field.protobuf ?? '-'} ${typeName(field.goType, context)}` : fieldRow(field, context),
    ),
  ];
}

function fieldRow(field: GoField, context: Context): string {
  const first = (marker: string): string | undefined => field.markers.get(marker)?.[0];
  const words = [field.json, String(field.protobuf ?? '-'), typeName(field.goType, context)];
  if (field.omitZero) words.push('omitzero');
  else if (!field.omitEmpty) words.push('always');
  // openapi-gen: a marker decides, else the JSON tag does.
  const optional = field.markers.has('optional') || first('k8s:optional') !== undefined;
  if (field.markers.has('required') || first('k8s:required') !== undefined || (!optional && !field.omitEmpty && !field.omitZero)) {
    words.push('required');
  }
  const listType = first('listType');
  if (listType === 'map') words.push(`map(${(field.markers.get('listMapKey') ?? []).join(',')})`);
  else if (listType === 'set') words.push('set');
  if (first('structType') === 'atomic' || first('mapType') === 'atomic') words.push('atomic');
  if (field.patchStrategy !== undefined || field.patchMergeKey !== undefined) {
    words.push(`patch(${[field.patchStrategy ?? '', ...(field.patchMergeKey ? [`key=${field.patchMergeKey}`] : [])].join(',')})`);
  }
  const byDefault = first('default');
  if (byDefault !== undefined) words.push(`default=${defaultValue(byDefault, context)}`);
  return `  ${words.join(' ')}`;
}

function defaultValue(text: string, context: Context): string {
  const reference = /^ref\((?:.*\.)?(\w+)\)$/.exec(text)?.[1];
  if (reference === undefined) return JSON.stringify(JSON.parse(text));
  const constant = context.go.constants.get(reference);
  if (!constant) throw new Error(`default refers to ${reference}, which is no constant of ${context.name.path}`);
  return JSON.stringify(constant.value);
}

/** A Go type in the words of the rows: pointers `*T`, lists `[]T`, maps `map[T]`, types of other packages `core.v1.T`. */
export function typeName(goType: string, context: Omit<Context, 'go'> & { go: Pick<GoPackage, 'imports'> }): string {
  const known = scalars.get(goType);
  if (known) return known;
  if (goType.startsWith('*')) return `*${typeName(goType.slice(1), context)}`;
  if (goType.startsWith('[]')) return `[]${typeName(goType.slice(2), context)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(goType);
  if (map) return `map[${typeName(map[1]!, context)}]`;
  const [alias, member] = goType.includes('.') ? (goType.split('.') as [string, string]) : ['', goType];
  const path = alias ? context.go.imports.get(alias) : context.name.path;
  const scalar = scalars.get(`${path}.${member}`);
  if (scalar) return scalar;
  if (!alias || path === context.name.path) return member;
  const other = context.packages.find((p) => p.path === path);
  if (!other) throw new Error(`${goType} of ${context.name.path} is in no package that is read (${path})`);
  return `${other.short}.${member}`;
}
