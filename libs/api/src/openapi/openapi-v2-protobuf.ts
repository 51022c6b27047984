import { lookUp } from '#base';
import { WireWriter } from '../protobuf/wire-writer.ts';

type Json = Record<string, unknown>;
/** Writes a value, from its end to its beginning: with the tag of its field, or without one. */
type Write = (value: unknown, to: WireWriter) => void;

export const openApiV2ProtobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/**
 * An OpenAPI v2 document in the protobuf form that older clients of Kubernetes ask for: `openapi.v2.Document` of gnostic's
 * `openapiv2/OpenAPIv2.proto`. Numbers below are the fields' there. Written are the keys that our documents have.
 */
export function openApiV2Protobuf(document: Json): Buffer {
  return new WireWriter(1024 * 1024).written((to) => documentFields(document, to));
}

const text: Write = (value, to) => to.text(value as string);

const tag = (number: number, wire: 0 | 2, to: WireWriter): void => to.varint(number * 8 + wire);

const block =
  (number: number, write: Write): Write =>
  (value, to) => {
    write(value, to);
    tag(number, 2, to);
  };

const bool =
  (number: number): Write =>
  (value, to) => {
    if (value !== true) return;
    to.varint(1);
    tag(number, 0, to);
  };

/** A list, or one value that stands for a list of it. */
const repeated =
  (number: number, write: Write): Write =>
  (values, to) => {
    for (const value of [values].flat().toReversed()) block(number, write)(value, to);
  };

/** A message that has nothing but what `field` writes. */
const only =
  (field: Write): Write =>
  (value, to) => {
    const before = to.length;
    field(value, to);
    to.blockSince(before);
  };

const wrap = (number: number, write: Write): Write => only(block(number, write));

/** The entries of an object, each a message of name and value. */
const named = (number: number, write: Write): Write => {
  const entry: Write = (each, to) => {
    const [name, value] = each as [string, unknown];
    block(2, write)(value, to);
    block(1, text)(name, to);
  };
  return (entries, to) => {
    for (const each of Object.entries(entries as Json).toReversed()) block(number, only(entry))(each, to);
  };
};

/** `Any`: the value as YAML, which JSON is. */
const any: Write = (value, to) => wrap(2, text)(`${JSON.stringify(value)}\n`, to);

interface Shape {
  fields: Readonly<Record<string, Write>>;
  /** The number of the field for keys that begin with `x-`. */
  extensions: number;
}

const contents =
  (shape: () => Shape): Write =>
  (value, to) => {
    const { fields, extensions } = shape();
    const entries = Object.entries(value as Json);
    const extra = entries.filter(([key]) => key.startsWith('x-'));
    if (extra.length > 0) named(extensions, any)(Object.fromEntries(extra), to);
    for (const [key, one] of entries.toReversed()) {
      if (key.startsWith('x-') || one === undefined) continue;
      const field = lookUp(fields, key);
      if (!field) throw new Error(`openapi v2: no field for ${key}`);
      field(one, to);
    }
  };

const message = (shape: () => Shape): Write => only(contents(shape));

const schema: Write = message(() => schemaShape);
const schemaShape: Shape = {
  fields: {
    $ref: block(1, text),
    format: block(2, text),
    description: block(4, text),
    uniqueItems: bool(16),
    required: repeated(19, text),
    enum: repeated(20, any),
    additionalProperties: block(21, wrap(1, schema)),
    type: block(22, only(repeated(1, text))),
    items: block(23, wrap(1, schema)),
    properties: block(25, only(named(1, schema))),
  },
  extensions: 31,
};

const bodyParameter = message(() => ({
  fields: { description: block(1, text), name: block(2, text), in: block(3, text), required: bool(4), schema: block(5, schema) },
  extensions: 6,
}));
const plainParameter = {
  required: bool(1),
  in: block(2, text),
  description: block(3, text),
  name: block(4, text),
};
const queryParameter = message(() => ({
  fields: { ...plainParameter, type: block(6, text), format: block(7, text), uniqueItems: bool(20) },
  extensions: 23,
}));
const pathParameter = message(() => ({
  fields: { ...plainParameter, type: block(5, text), format: block(6, text), uniqueItems: bool(19) },
  extensions: 22,
}));

/** `ParametersItem` → `Parameter` → one of its kinds. */
const parameter: Write = (value, to) => {
  const where = (value as { in: string }).in;
  const kind = where === 'body' ? wrap(1, bodyParameter) : wrap(2, where === 'query' ? wrap(3, queryParameter) : wrap(4, pathParameter));
  wrap(1, kind)(value, to);
};

const response = message(() => ({ fields: { description: block(1, text), schema: block(2, wrap(1, schema)) }, extensions: 5 }));
const requirement = only(named(1, only(repeated(1, text))));

const operation = message(() => ({
  fields: {
    tags: repeated(1, text),
    description: block(3, text),
    operationId: block(5, text),
    produces: repeated(6, text),
    consumes: repeated(7, text),
    parameters: repeated(8, parameter),
    responses: block(9, only(named(1, wrap(1, response)))),
    schemes: repeated(10, text),
  },
  extensions: 13,
}));

const pathItem = message(() => ({
  fields: {
    get: block(2, operation),
    put: block(3, operation),
    post: block(4, operation),
    delete: block(5, operation),
    options: block(6, operation),
    head: block(7, operation),
    patch: block(8, operation),
    parameters: repeated(9, parameter),
  },
  extensions: 10,
}));

const apiKey = message(() => ({
  fields: { type: block(1, text), name: block(2, text), in: block(3, text), description: block(4, text) },
  extensions: 5,
}));

const documentFields = contents(() => ({
  fields: {
    swagger: block(1, text),
    info: block(
      2,
      message(() => ({ fields: { title: block(1, text), version: block(2, text) }, extensions: 7 })),
    ),
    paths: block(8, only(named(2, pathItem))),
    definitions: block(9, only(named(1, schema))),
    security: repeated(12, requirement),
    securityDefinitions: block(13, only(named(1, wrap(2, apiKey)))),
  },
  extensions: 16,
}));
