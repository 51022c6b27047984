/**
 * The type table: every field of every kind as data. Decoding, pruning, defaulting, the four patches, field ownership, OpenAPI,
 * discovery and protobuf read it; nothing else in the product knows a field's type. A CustomResourceDefinition adds rows at run time.
 */
export interface TypeTable {
  /** A type by its name, e.g. `io.k8s.api.core.v1.PodSpec`; undefined when the table does not have it. */
  type(name: string): StructSchema | undefined;
  /** The struct of a kind; undefined when no such kind is known. */
  kind(gvk: { group: string; version: string; kind: string }): StructSchema | undefined;
}

/** The types of one kind: that of its objects, and those that only it refers to. */
export interface KindTypes {
  gvk: { group: string; version: string; kind: string };
  root: StructSchema;
  nested?: readonly StructSchema[];
}

export interface StructSchema {
  /** The name that OpenAPI uses: `io.k8s.api.core.v1.PodSpec`. */
  name: string;
  /** By JSON name, in the order of the published definition. Fields of inlined structs stand here as their own. */
  fields: ReadonlyMap<string, FieldSchema>;
  /** Server-side apply treats the whole struct as one value (`+structType=atomic`). */
  atomic?: boolean;
  /** Fields that are not declared are kept (`x-kubernetes-preserve-unknown-fields`). */
  preserveUnknown?: boolean;
}

export interface FieldSchema {
  value: ValueSchema;
  /** Absent is an error, after defaulting (`+required`, no `omitempty` on a non-pointer does not count). */
  required?: boolean;
  /** A plain default, put in where the field is absent; `{}` on a struct makes the defaults below it apply. */
  default?: unknown;
  /** `patchStrategy` tag: merge, replace, retainKeys, alone or combined; strategic merge patch only. */
  patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  patchMergeKey?: string;
  /** Number of the field in the protobuf message. */
  protobuf?: number;
  /** Numbers of the nested messages that hold the field in protobuf, outermost first, where JSON has their structs inlined. */
  protobufVia?: readonly number[];
  /** Absent and zero are two things (a Go pointer). */
  pointer?: boolean;
  /**
   * How a zero value is written, as clients see it. `drop`: a zero value is left out (`omitempty`). `write`: an absent value is
   * written as its zero: `""`, `0`, `false`, `{}` for a struct, `null` for a pointer, list, map or time. Unset: as it was given.
   */
  whenZero?: 'drop' | 'write';
  /** An empty list is read as one, though it is never written: defaults and validation tell it from one that is absent. */
  emptyCounts?: boolean;
}

export type ValueSchema =
  | { type: ScalarType; enum?: readonly string[] /** The named Go type, for error messages: `v1.RestartPolicy`. */; goType?: string }
  | { type: 'struct'; of: string /** `+structType=atomic` on the field. */; atomic?: boolean }
  | {
      type: 'list';
      items: ValueSchema /** `+listType`; 'atomic' where none is stated. */;
      listType: 'atomic' | 'set' | 'map';
      listMapKeys?: readonly string[];
    }
  | { type: 'map'; values: ValueSchema /** `+mapType=atomic`. */; atomic?: boolean };

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  /** Base64 text in JSON. */
  | 'bytes'
  /** RFC 3339 with seconds; `microTime` with microseconds. */
  | 'time'
  | 'microTime'
  | 'duration'
  | 'quantity'
  | 'intOrString'
  /** Any JSON object (`runtime.RawExtension`, `FieldsV1`) or any JSON value (`json`): kept as it is. */
  | 'rawExtension'
  | 'json';
