import { ApiError, badRequest } from '../meta/api-error.ts';
import { apiVersionOf, type Gvk, type KubeObject } from '../meta/object.ts';
import { atOnce, type Slices } from '../meta/slices.ts';
import { decodeProtobuf } from '../protobuf/decode-protobuf.ts';
import type { StructSchema, TypeTable } from '../type-table/schema.ts';
import { type ParsedBody, parseBody } from './body.ts';
import { maxValues } from './limits.ts';
import { countMembers, countParsedMembers, duplicateFields, unknownFields } from './field-problems.ts';
import { BadValue, Mismatch } from './mismatch.ts';
import { plansFor } from './plan.ts';
import type { YamlOutcome } from './yaml.ts';

const protobufType = 'application/vnd.kubernetes.protobuf';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodeOptions {
  /** The kind that the request expects; a body that names none is taken for it. */
  gvk: Gvk;
  /** What to do about fields that do not exist or stand twice; 'Warn' unless given. */
  fieldValidation?: FieldValidation;
  /** Called for each field problem in 'Warn'. */
  warn?: (message: string) => void;
  /** Fill plain defaults in; true unless told otherwise. */
  defaults?: boolean;
}

export interface BodyOptions {
  mediaType: string;
  /** What `readLongYaml` found in the body. */
  yaml?: YamlOutcome;
}

/**
 * Reads the body of a request as an object of the expected kind: checked, pruned to the fields of its type, canonical, and with plain
 * defaults. `mediaType`: `application/json`, `application/yaml` or `application/vnd.kubernetes.protobuf`. Throws ApiError 400 with
 * upstream's words, 413 for what is too much, 415 for another type.
 */
export function decodeBody(table: TypeTable, bytes: Uint8Array, options: DecodeOptions & BodyOptions): KubeObject {
  return atOnce(decodeBodySlices(table, bytes, options));
}

/** The same in slices, for large bodies. */
export function* decodeBodySlices(table: TypeTable, bytes: Uint8Array, options: DecodeOptions & BodyOptions): Slices<KubeObject> {
  const { mediaType, yaml, gvk } = options;
  const isProtobuf = mediaType.split(';')[0]?.trim().toLowerCase() === protobufType;
  const parsed = isProtobuf ? parseProtobuf(table, bytes, gvk) : parseBody(bytes, mediaType, gvk.kind, yaml);
  yield;
  return yield* decodeParsed(table, parsed, options);
}

function parseProtobuf(table: TypeTable, bytes: Uint8Array, gvk: Gvk): ParsedBody {
  try {
    return { value: decodeProtobuf(table, bytes, { apiVersion: apiVersionOf(gvk), kind: gvk.kind }) };
  } catch (err) {
    if (!(err instanceof RangeError || err instanceof SyntaxError)) throw err;
    throw badRequest(`the object provided is unrecognized (must be of type ${gvk.kind}): ${protobufComplaint(err)}`, err);
  }
}

/** In words of the API: those of the engine, of a read beyond the end or of a raw extension that is no JSON, are for the log. */
function protobufComplaint(err: RangeError | SyntaxError): string {
  if (err instanceof SyntaxError) return 'proto: a raw extension is no JSON';
  return /^(proto:|provided data|object )/.test(err.message) ? err.message : 'unexpected EOF';
}

/** The same for a value that is parsed already (patched objects, gRPC). Shares nothing with `value` but opaque parts. */
export function decodeObject(table: TypeTable, value: unknown, options: DecodeOptions): KubeObject {
  return atOnce(decodeObjectSlices(table, value, options));
}

/** The same in slices, for large values. */
export function decodeObjectSlices(table: TypeTable, value: unknown, options: DecodeOptions): Slices<KubeObject> {
  return decodeParsed(table, { value }, options);
}

function* decodeParsed(table: TypeTable, parsed: ParsedBody, options: DecodeOptions): Slices<KubeObject> {
  const { gvk, fieldValidation = 'Warn', warn, defaults = true } = options;
  const actual = gvkOfBody(parsed.value, gvk);
  const struct = table.kind(actual);
  const refuse = (why: string, cause?: unknown): ApiError =>
    badRequest(`${actual.kind} in version ${JSON.stringify(actual.version)} cannot be handled as a ${gvk.kind}: ${why}`, cause);
  if (!struct) throw refuse(notRegistered(actual));
  const run = { defaults, sawUnknown: false, left: maxValues };
  let object: Record<string, unknown>;
  try {
    object = plansFor(table).struct(struct).read(parsed.value, run);
  } catch (err) {
    if (err instanceof Mismatch || err instanceof BadValue) throw refuse(err.message, err);
    throw err;
  }
  yield;
  if (fieldValidation !== 'Ignore') {
    const problems = yield* fieldProblems(table, struct, parsed, run.sawUnknown);
    if (problems.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
    for (const problem of problems) warn?.(problem);
  }
  if (actual.kind !== gvk.kind)
    throw refuse(`converting (${actual.version}.${actual.kind}) to (${packageOf(gvk)}.${gvk.kind}): unknown conversion`);
  // Versions that share a type are one: DeleteOptions come in that of the resource, Evictions in an older one.
  if (table.kind(gvk) !== struct) {
    const [given, expected] = [apiVersionOf(actual), apiVersionOf(gvk)];
    throw badRequest(`the API version in the data (${given}) does not match the expected API version (${expected})`);
  }
  object.kind = gvk.kind;
  object.apiVersion = apiVersionOf(gvk);
  return object as unknown as KubeObject;
}

const packageOf = ({ group }: Gvk): string => (group === '' ? 'core' : group.split('.')[0]!);
const notRegistered = (gvk: Gvk): string =>
  `no kind ${JSON.stringify(gvk.kind)} is registered for version ${JSON.stringify(apiVersionOf(gvk))} in scheme "pkg/api/legacyscheme/scheme.go:30"`;

/** Kind and version that the body names; what it leaves out is taken from what is expected. */
function gvkOfBody(value: unknown, expected: Gvk): Gvk {
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const named = typeof kind === 'string' && kind !== '' ? kind : expected.kind;
  if (typeof apiVersion !== 'string' || apiVersion === '') return { ...expected, kind: named };
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind: named };
}

function* fieldProblems(table: TypeTable, struct: StructSchema, parsed: ParsedBody, sawUnknown: boolean): Slices<string[]> {
  const problems: string[] = [...(parsed.duplicates ?? [])];
  if (parsed.json !== undefined && countMembers(parsed.json) !== countParsedMembers(parsed.value)) {
    problems.push(...duplicateFields(parsed.json));
  }
  yield;
  if (sawUnknown) problems.push(...unknownFields(table, struct, parsed.value));
  return problems;
}

/**
 * Puts in the plain defaults of the type table, and zero values where clients see them. Answers a new object, and is idempotent. `before` is
 * an object that has them: parts that are the very same there need no look.
 */
export function applyTableDefaults<T extends KubeObject>(table: TypeTable, object: T, before?: T): T {
  const { apiVersion, kind } = object;
  const slash = apiVersion.indexOf('/');
  const struct = table.kind({ group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), kind });
  if (!struct) throw new Error(`type table: ${apiVersion} ${kind} is not there`);
  return plansFor(table).struct(struct).read(object, { defaults: true, sawUnknown: false, left: Infinity }, before) as unknown as T;
}

/** The same for a value of a type that is no kind, by its name in the table (e.g. `io.k8s.api.core.v1.PodTemplateSpec`). */
export function normalizeValue(table: TypeTable, typeName: string, value: unknown, { defaults = true } = {}): Record<string, unknown> {
  const struct = table.type(typeName);
  if (!struct) throw new Error(`type table: ${typeName} is not there`);
  return plansFor(table).struct(struct).read(value, { defaults, sawUnknown: false, left: Infinity });
}
