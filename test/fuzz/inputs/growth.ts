import { builtinTypes, type FieldSchema, type StructSchema, type ValueSchema } from '#api';
import type { Random } from '#base';
import { oneOf, sizeUpTo } from './bytes.ts';
import type { Json } from './objects.ts';
import type { Sample } from './samples.ts';

/** As much as one request may hold; the server reads no more than 3 MiB. */
export const bodyLimitBytes = 3 * 1024 * 1024;

/** A way from a kind to a list or map somewhere below it. */
type Way = readonly { name: string; field: FieldSchema }[];

const structOf = (value: ValueSchema): StructSchema | undefined =>
  value.type === 'struct' ? builtinTypes.type(value.of) : value.type === 'list' ? structOf(value.items) : undefined;

/** To a list or a map of the kind at random, through structs and the items of lists. */
function randomWay(struct: StructSchema, random: Random): Way | undefined {
  const way: { name: string; field: FieldSchema }[] = [];
  let here: StructSchema | undefined = struct;
  while (here && way.length < 6) {
    const candidates: [string, FieldSchema][] = [...here.fields].filter(
      ([, { value }]) => value.type === 'list' || value.type === 'map' || value.type === 'struct',
    );
    if (candidates.length === 0) break;
    const [name, field] = oneOf(random, candidates);
    way.push({ name, field });
    const { type } = field.value;
    if (type === 'map' || (type === 'list' && random.below(2) === 0)) return way;
    here = structOf(field.value);
  }
  const last = way.findLastIndex(({ field }) => field.value.type !== 'struct');
  return last < 0 ? undefined : way.slice(0, last + 1);
}

const items: readonly ((i: number) => unknown)[] = [
  () => ({}),
  () => null,
  () => '',
  (i) => `n${i}`,
  (i) => ({ name: `n${i}` }),
  () => ({ name: 'n' }),
  (i) => ({ name: `n${i}`, image: 'i', value: 'v', mountPath: `/m${i}`, key: `k${i}` }),
  (i) => ({ key: `k${i}`, operator: 'In', values: ['a'], topologyKey: 't', containerPort: i % 65536 }),
  (i) => ({ apiVersion: 'v1', kind: 'Pod', name: `n${i}`, uid: `u${i}`, type: `t${i}`, port: i % 65536 }),
  () => [],
  (i) => i,
];

/** The JSON of a kind's sample in which one list or map has as many entries as fit. */
export function grownObject(sample: Sample, random: Random): Json {
  const object = sample.object(oneOf(random, ['a', 'b']));
  const struct = builtinTypes.kind(sample.kind.gvk);
  const way = struct && randomWay(struct, random);
  if (!way) return object;
  const item = oneOf(random, items);
  const count = Math.min(sizeUpTo(random, 400_000), Math.floor(bodyLimitBytes / (JSON.stringify(item(99_999)).length + 10)));
  let place: Json = object;
  for (const [i, { name, field }] of way.entries()) {
    if (i === way.length - 1) {
      place[name] =
        field.value.type === 'map'
          ? Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, oneOf(random, ['v', '']) as unknown]))
          : Array.from({ length: count }, (_, n) => item(n));
      break;
    }
    const isList = field.value.type === 'list';
    const present: unknown = isList ? (place[name] as unknown[] | undefined)?.[0] : place[name];
    const next: Json = typeof present === 'object' && present !== null ? (present as Json) : {};
    place[name] = isList ? [next] : next;
    place = next;
  }
  return object;
}

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      return Buffer.from(bytes);
    }
    bytes.push((rest % 128) | 128);
  }
};
export const protobufField = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

/** A protobuf body in which one repeated field of the kind comes as often as fits, each time with the same few bytes. */
export function grownProtobuf(sample: Sample, random: Random): Buffer {
  const { group, version, kind } = sample.kind.gvk;
  const struct = builtinTypes.kind(sample.kind.gvk);
  const way = (struct && randomWay(struct, random))?.filter(({ field }) => field.protobuf !== undefined) ?? [];
  const last = way.at(-1)?.field.protobuf ?? 1;
  const entry = protobufField(
    last,
    oneOf(random, [Buffer.alloc(0), Buffer.from([0x0a, 0]), Buffer.from([0x0a, 1, 0x61]), random.bytes(3)]),
  );
  const count = Math.min(sizeUpTo(random, 1_400_000), Math.floor((bodyLimitBytes - 200) / entry.length));
  let message: Buffer = Buffer.alloc(entry.length * count, entry);
  for (const { field } of way.slice(0, -1).toReversed()) message = protobufField(field.protobuf!, message);
  const metadata = protobufField(1, protobufField(1, Buffer.from('a')));
  return protobufBody(group === '' ? version : `${group}/${version}`, kind, Buffer.concat([metadata, message]));
}

/** `k8s.io/apimachinery/pkg/runtime`, Unknown: the envelope of every protobuf body. */
export function protobufBody(apiVersion: string, kind: string, message: Uint8Array): Buffer {
  const type = Buffer.concat([protobufField(1, Buffer.from(apiVersion)), protobufField(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from('k8s\0'), protobufField(1, type), protobufField(2, message)]);
}

/** YAML texts whose parts are cheap to send and, in one parser or another, dear to read. */
const yamlParts: readonly ((i: number) => string)[] = [
  (i) => `k${i}: v\n`,
  () => '# c\n',
  () => '\n',
  (i) => `k${i}: &a${i} v\n`,
  (i) => `k${i}: &a${i} [*a${Math.max(0, i - 1)}, *a${Math.max(0, i - 1)}]\n`,
  (i) => `k${i}: *a0\n`,
  () => 'k: v\n',
  () => '? a\n: b\n',
  () => '- ',
  (i) => `${' '.repeat(i % 200)}k${i}:\n`,
  () => '[',
  () => '{a: ',
  () => '!!str ',
  () => "'",
  () => '"\\x41',
  () => '---\n',
  (i) => `<<: {k${i}: v}\n`,
  (i) => `k${i}: |\n  a\n`,
  () => '  \t',
  (i) => `k${i}: 1:2:3\n`,
  () => '\uFEFF',
  () => '%TAG ! x\n',
];

export function grownYaml(random: Random): string {
  const part = oneOf(random, yamlParts);
  const count = Math.min(sizeUpTo(random, 1_500_000), Math.floor(bodyLimitBytes / (part(999_999).length + 1)));
  const start = oneOf(random, [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    'apiVersion: v1\nkind: ConfigMap\ndata:\n',
    'a0: &a0 x\n',
    '',
  ]);
  return start + Array.from({ length: count }, (_, i) => part(i)).join('');
}

const jsonParts: readonly ((i: number) => string)[] = [
  () => '[',
  () => '{"a":',
  (i) => `"k${i}":1,`,
  () => '"k":1,',
  () => '"\\u0041\\n',
  () => '1',
  () => '\\',
  () => ' ',
  () => '"",',
  () => '[],',
];

export function grownJson(random: Random): string {
  const part = oneOf(random, jsonParts);
  const count = Math.min(sizeUpTo(random, 1_500_000), Math.floor(bodyLimitBytes / part(999_999).length));
  const start = oneOf(random, [
    '{"apiVersion":"v1","kind":"ConfigMap","data":{',
    '{"metadata":{"name":"a","labels":{',
    '{"spec":',
    '[',
    '{',
  ]);
  return start + Array.from({ length: count }, (_, i) => part(i)).join('') + oneOf(random, ['"z":1}}', '}', ']', '']);
}
