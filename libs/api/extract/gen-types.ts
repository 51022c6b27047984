import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinTypes } from '../src/type-table/builtin-types.ts';
import type { FieldSchema, StructSchema, ValueSchema } from '../src/type-table/schema.ts';

/**
 * Writes `src/gen/types.ts`, the TypeScript interfaces of every type of the table, and `libs/objects/src/gen/kinds.ts`, the names of its
 * kinds and resources: `deploy/bin/node24 libs/api/extract/gen-types.ts`.
 */

/** Types with a hand-written form in `meta/object.ts` and `meta/api-error.ts`. */
const handWritten = new Map([
  ['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'ObjectMeta'],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference', 'OwnerReference'],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry', 'ManagedFieldsEntry'],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.Status', 'Status'],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails', 'StatusDetails'],
  ['io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause', 'StatusCause'],
]);
/** Who gets a name that several groups have; the others are called after their group too. */
const precedence = ['meta.v1', 'core.v1', 'apps.v1', 'batch.v1', 'rbac.v1', 'autoscaling.v2', 'autoscaling.v1', 'authentication.v1'];

const packageOf = (name: string): string => name.split('.').slice(-3, -1).join('.');
const bareName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const kindTypes = new Set(builtinTypes.kinds().map((k) => k.type));
const isKind = (name: string): boolean =>
  kindTypes.has(name) || (builtinTypes.type(name)!.fields.has('apiVersion') && builtinTypes.type(name)!.fields.has('metadata'));

function typeScriptNames(): Map<string, string> {
  const rank = (name: string): number => {
    const place = precedence.indexOf(packageOf(name));
    return (isKind(name) ? 0 : 100) + (place < 0 ? 50 : place);
  };
  const names = new Map<string, string>(handWritten);
  const taken = new Set(handWritten.values());
  for (const name of builtinTypes.typeNames().toSorted((a, b) => rank(a) - rank(b))) {
    if (names.has(name)) continue;
    const [group = '', version = ''] = packageOf(name).split('.');
    const bare = bareName(name);
    const grouped = `${group[0]!.toUpperCase()}${group.slice(1)}${bare}`;
    const chosen = [bare, grouped, `${grouped}${version.toUpperCase()}`].find((n) => !taken.has(n))!;
    taken.add(chosen);
    names.set(name, chosen);
  }
  return names;
}

const names = typeScriptNames();

function typeScript(value: ValueSchema): string {
  switch (value.type) {
    case 'struct':
      return names.get(value.of)!;
    case 'list': {
      const items = typeScript(value.items);
      return /[ |]/.test(items) ? `(${items})[]` : `${items}[]`;
    }
    case 'map':
      return `Record<string, ${typeScript(value.values)}>`;
    case 'bool':
      return 'boolean';
    case 'int32':
    case 'int64':
    case 'float64':
      return 'number';
    case 'intOrString':
      return 'number | string';
    case 'rawExtension':
      return 'Record<string, unknown>';
    case 'json':
      return 'unknown';
    default:
      return 'string';
  }
}

/** `metadata` and `spec` of objects are always there: the decoder writes them. */
function isPresent(struct: StructSchema, name: string, field: FieldSchema): boolean {
  if (name === 'apiVersion' || name === 'kind') return isKind(struct.name);
  if (name === 'metadata') return isKind(struct.name);
  if (name === 'spec' && field.value.type === 'struct' && !field.pointer) return true;
  return field.required === true;
}

function interfaceOf(struct: StructSchema): string {
  const lines = [...struct.fields].map(([name, field]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
    return `  ${key}${isPresent(struct, name, field) ? '' : '?'}: ${typeScript(field.value)};`;
  });
  return lines.length
    ? `export interface ${names.get(struct.name)} {\n${lines.join('\n')}\n}`
    : `export type ${names.get(struct.name)} = Record<string, never>;`;
}

const structs = builtinTypes
  .typeNames()
  .filter((name) => !handWritten.has(name) && bareName(name) !== 'TypeMeta')
  .map((name) => interfaceOf(builtinTypes.type(name)!));
const text = `// Generated from the type table by libs/api/extract/gen-types.ts. Do not edit.
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../meta/object.ts';
import type { Status, StatusCause, StatusDetails } from '../meta/api-error.ts';

export type { ManagedFieldsEntry, ObjectMeta, OwnerReference, Status, StatusCause, StatusDetails };

${structs.join('\n\n')}
`;
writeFileSync(join(import.meta.dirname, '../src/gen/types.ts'), text);

const published = builtinTypes.kinds();
const isPublished = (like: (typeof published)[number], kind: string): boolean =>
  published.some((each) => each.group === like.group && each.version === like.version && each.kind === kind);
const single = published.filter(({ kind }) => !kind.endsWith('List') && !kind.endsWith('Options'));
/** What is kept has a list; reviews and bindings are only created. Scales, evictions and token requests are bodies of subresources. */
const named = single.filter((each) => isPublished(each, `${each.kind}List`) || /((?<!Admission)Review|^Binding)$/.test(each.kind));

/** `k8s.io/apimachinery/pkg/api/meta`, UnsafeGuessKindToResource. */
function plural(kind: string): string {
  if (kind === 'Endpoints') return kind;
  if (kind.endsWith('s')) return `${kind}es`;
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

/** `HTTPRoute` is `httpRoute`, `CSIDriver` is `csiDriver`. */
const lowerFirst = (name: string): string => name.replace(/^([A-Z]+(?=[A-Z][a-z])|[A-Z])/, (head) => head.toLowerCase());
const literal = (fields: Record<string, string>): string =>
  `{ ${Object.entries(fields)
    .map(([name, value]) => `${name}: '${value}'`)
    .join(', ')} }`;
const sorted = (lines: string[]): string => lines.toSorted().join('\n');
const kindLines = single.map(({ group, version, kind, type }) => `  ${names.get(type)}: ${literal({ group, version, kind })},`);
const resourceLines = named.map(
  ({ group, version, kind, type }) =>
    `  ${lowerFirst(plural(names.get(type)!))}: ${literal({ group, version, resource: plural(kind).toLowerCase() })},`,
);
const kindsText = `// Generated from the type table by libs/api/extract/gen-types.ts. Do not edit.
import type { Gvk, Resource } from '#api';

/** How objects name their kinds. */
export const gvks = {
${sorted(kindLines)}
} satisfies Record<string, Gvk>;

/** How paths name them. */
export const resources = {
${sorted(resourceLines)}
} satisfies Record<string, Resource>;
`;
writeFileSync(join(import.meta.dirname, '../../objects/src/gen/kinds.ts'), kindsText);
