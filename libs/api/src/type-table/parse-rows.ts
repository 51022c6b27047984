import type { FieldSchema, ScalarType, StructSchema, ValueSchema } from './schema.ts';

/**
 * Rows of one package, as text that a reviewer reads line by line and that loads without work until a type is asked for.
 *
 *   package OPENAPI-NAME GROUP VERSION
 *   kinds NAME…
 *   alias NAME TYPE [VALUE|VALUE…]           a named type and the values of its enumeration
 *   struct NAME [atomic]
 *     JSON-NAME PROTOBUF-NUMBER TYPE WORD…   `-` where there is no number
 *     inline PROTOBUF-NUMBER TYPE            the fields of TYPE stand here; the number is that of the nested message
 *
 * TYPE: a scalar of the table, a name of this package, `core.v1.Name` of another; `*T` absent differs from zero, `[]T` list, `map[T]`.
 * WORD: `always` written even when zero (else `omitempty`), `omitzero`, `required`, `set`, `map(KEY,…)`, `atomic`,
 * `patch(STRATEGY,…,key=KEY)`, `default=JSON`.
 */
export interface PackageRows {
  openApi: string;
  group: string;
  version: string;
  kinds: readonly string[];
  /** The lines below each `struct` and `alias` heading, the heading first. */
  blocks: ReadonlyMap<string, readonly string[]>;
}

export function readPackageRows(text: string): PackageRows {
  const blocks = new Map<string, string[]>();
  let head: string[] = [];
  let kinds: string[] = [];
  let block: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) {
      block.push(line);
    } else if (line.startsWith('struct ') || line.startsWith('alias ')) {
      block = [line];
      blocks.set(line.split(' ')[1]!, block);
    } else if (line.startsWith('kinds ')) {
      kinds = line.split(' ').slice(1);
    } else if (line.startsWith('package ')) {
      head = line.split(' ');
    }
  }
  const [, openApi = '', group = '', version = ''] = head;
  return { openApi, group: group === 'core' ? '' : group, version, kinds, blocks };
}

const scalarTypes: ReadonlySet<string> = new Set<ScalarType>([
  'string',
  'bool',
  'int32',
  'int64',
  'float64',
  'bytes',
  'time',
  'microTime',
  'duration',
  'quantity',
  'intOrString',
  'rawExtension',
  'json',
]);
/** Named strings of `k8s.io/apimachinery/pkg/types`. */
const foreignStrings = new Map([
  ['UID', 'types.UID'],
  ['NodeName', 'types.NodeName'],
]);

/** Turns rows into schemas. `packages`: by the short name that rows use, e.g. `core.v1`. */
export class RowReader {
  private readonly packages: ReadonlyMap<string, PackageRows>;

  constructor(packages: ReadonlyMap<string, PackageRows>) {
    this.packages = packages;
  }

  struct(rows: PackageRows, name: string): StructSchema | undefined {
    const block = rows.blocks.get(name);
    if (!block?.[0]!.startsWith('struct ')) return undefined;
    const fields = new Map<string, FieldSchema>();
    for (const line of block.slice(1)) {
      const words = line.trimStart().split(' ');
      if (words[0] === 'inline') this.inline(rows, words, fields);
      else fields.set(words[0]!, this.field(rows, words));
    }
    return { name: `${rows.openApi}.${name}`, fields, ...(block[0]!.endsWith(' atomic') && { atomic: true }) };
  }

  private inline(rows: PackageRows, [, number = '-', type = '']: readonly string[], into: Map<string, FieldSchema>): void {
    const [owner, name] = this.locate(rows, type.replace('*', ''));
    const inlined = this.struct(owner, name);
    if (!inlined) throw new Error(`rows: ${type} is not a struct`);
    for (const [json, field] of inlined.fields) {
      // Without a number (TypeMeta) the fields are no part of the message.
      if (number === '-') into.set(json, { ...field, protobuf: undefined });
      else into.set(json, { ...field, protobufVia: [Number(number), ...(field.protobufVia ?? [])] });
    }
  }

  private locate(rows: PackageRows, type: string): [PackageRows, string] {
    const dot = type.lastIndexOf('.');
    const owner = dot < 0 ? rows : this.packages.get(type.slice(0, dot));
    if (!owner) throw new Error(`rows: no package for ${type}`);
    return [owner, type.slice(dot + 1)];
  }

  private field(rows: PackageRows, words: readonly string[]): FieldSchema {
    const [, number = '-', type = ''] = words;
    const pointer = type.startsWith('*');
    const field: FieldSchema = { value: this.value(rows, pointer ? type.slice(1) : type) };
    if (number !== '-') field.protobuf = Number(number);
    if (pointer) field.pointer = true;
    let omit: 'always' | 'omitzero' | 'omitempty' = 'omitempty';
    for (let i = 3; i < words.length; i++) {
      const word = words[i]!;
      if (word === 'always' || word === 'omitzero') omit = word;
      else if (word.startsWith('default=')) {
        field.default = JSON.parse(words.slice(i).join(' ').slice('default='.length)) as unknown;
        break;
      } else applyWord(field, word);
    }
    const whenZero = zeroRule(field, omit);
    if (whenZero) field.whenZero = whenZero;
    return field;
  }

  private value(rows: PackageRows, type: string): ValueSchema {
    if (scalarTypes.has(type)) return { type: type as ScalarType };
    const foreign = foreignStrings.get(type);
    if (foreign) return { type: 'string', goType: foreign };
    if (type.startsWith('*')) return this.value(rows, type.slice(1));
    if (type.startsWith('[]')) return { type: 'list', items: this.value(rows, type.slice(2)), listType: 'atomic' };
    if (type.startsWith('map[')) return { type: 'map', values: this.value(rows, type.slice(4, -1)) };
    const [owner, name] = this.locate(rows, type);
    const block = owner.blocks.get(name)?.[0];
    if (block === undefined) throw new Error(`rows: ${type} is not defined`);
    if (block.startsWith('struct ')) return { type: 'struct', of: `${owner.openApi}.${name}` };
    const [, , aliased = '', values] = block.split(' ');
    const value = this.value(owner, aliased);
    if (value.type === 'list' || value.type === 'map' || value.type === 'struct') return value;
    return { ...value, goType: `${owner.version}.${name}`, ...(values && { enum: values.split('|') }) };
  }
}

function applyWord(field: FieldSchema, word: string): void {
  const { value } = field;
  if (word === 'required') field.required = true;
  else if (word === 'atomic') {
    if (value.type === 'map' || value.type === 'struct') field.value = { ...value, atomic: true };
  } else if (word === 'set' && value.type === 'list') field.value = { ...value, listType: 'set' };
  else if (word.startsWith('map(') && value.type === 'list') {
    field.value = { ...value, listType: 'map', listMapKeys: word.slice(4, -1).split(',') };
  } else if (word.startsWith('patch(')) {
    const parts = word.slice(6, -1).split(',').filter(Boolean);
    const strategies = parts.filter((p) => !p.startsWith('key='));
    if (strategies.length) field.patchStrategy = strategies as FieldSchema['patchStrategy'];
    const key = parts.find((p) => p.startsWith('key='));
    if (key) field.patchMergeKey = key.slice(4);
  } else throw new Error(`rows: unknown word ${word}`);
}

function zeroRule({ value, pointer }: FieldSchema, omit: 'always' | 'omitzero' | 'omitempty'): FieldSchema['whenZero'] {
  if (omit === 'always') return 'write';
  if (pointer) return undefined;
  // `omitempty` never leaves out a Go struct, nor the types that are structs underneath.
  const isGoStruct = ['struct', 'time', 'microTime', 'duration', 'quantity', 'intOrString', 'rawExtension'].includes(value.type);
  return !isGoStruct || omit === 'omitzero' ? 'drop' : 'write';
}
