import { parseExact, int64 } from '#base';
import { parseDocument, type Tags, visit } from 'yaml';
import { isTooDeep, tooDeep } from './depth.ts';
import { jsonSyntaxError } from './json-syntax.ts';
import { badRequest, unsupportedMediaType } from '../meta/api-error.ts';

export interface ParsedBody {
  value: unknown;
  /** The text, where it is JSON. */
  json?: string;
  /** Keys that a YAML text repeats, as complaints. */
  duplicates?: string[];
}

const yamlTypes = new Set(['application/yaml', 'application/x-yaml', 'application/apply-patch+yaml']);
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Parses JSON or YAML into an object. Throws ApiError 400 that names the expected kind, 415 for a media type that is neither. */
export function parseBody(bytes: Uint8Array, mediaType: string, expectedKind: string): ParsedBody {
  const type = mediaType.split(';')[0]!.trim().toLowerCase();
  const text = utf8.decode(bytes);
  const refuse = (why: string, cause: unknown): Error =>
    badRequest(`the object provided is unrecognized (must be of type ${expectedKind}): ${why} (${summary(text, bytes)})`, cause);
  let parsed: ParsedBody;
  try {
    if (type === 'application/json' || type === '') parsed = { value: parseJson(text), json: text };
    else if (yamlTypes.has(type)) parsed = readYaml(text);
    else {
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      );
    }
  } catch (err) {
    if (err instanceof SyntaxError) throw refuse(`couldn't get version/kind; json parse error: ${jsonSyntaxError(text)}`, err);
    if (err instanceof YamlSyntax) throw refuse(`yaml: ${err.message}`, err);
    throw err;
  }
  const { value } = parsed;
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    const into = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    throw refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type ${into}`, undefined);
  }
  for (const part of ['apiVersion', 'kind'] as const) {
    const given = (value as Record<string, unknown> | null)?.[part];
    if (given === undefined || given === null || typeof given === 'string') continue;
    const what = Array.isArray(given) ? 'array' : typeof given === 'boolean' ? 'bool' : typeof given;
    throw refuse(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go struct field .${part} of type string`,
      undefined,
    );
  }
  return { ...parsed, value: value ?? {} };
}

class YamlSyntax extends Error {}

/** YAML or JSON text, as a configuration to apply has it. Throws ApiError 400. */
export function parseYaml(text: string): ParsedBody {
  try {
    return readYaml(text);
  } catch (err) {
    if (err instanceof YamlSyntax || err instanceof SyntaxError) throw badRequest(`error decoding YAML: yaml: ${err.message}`, err);
    throw err;
  }
}

/** Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(tooDeep);
  return parseExact(text);
}

/** Go's parser takes dates and numbers to the base of sixty for text. */
const customTags = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === 'string' || !(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')));

/** YAML 1.1, as kubectl and the API server read it: `yes` and `on` are booleans. A text that begins as JSON is tried as JSON first. */
function readYaml(text: string): ParsedBody {
  if (/^\s*\{/.test(text)) {
    try {
      return { value: parseJson(text), json: text };
    } catch (err) {
      if (!(err instanceof SyntaxError) || err.message === tooDeep) throw err; // else flow-style YAML looks like JSON and is none
    }
  }
  // The parser's time grows with the square of the depth. Text with so many more opening brackets than closing ones is no object.
  if (isTooDeep(text)) throw new YamlSyntax(tooDeep);
  const document = parseDocument(text, { version: '1.1', merge: true, uniqueKeys: false, prettyErrors: false, customTags });
  const [error] = document.errors;
  if (error) {
    const message = error.message.startsWith('Maximum call stack') ? tooDeep : error.message;
    throw new YamlSyntax(`line ${lineOf(text, error.pos[0])}: ${message}`);
  }
  const duplicates: string[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const key = String((pair.key as { value?: unknown })?.value ?? pair.key);
        if (seen.has(key) && duplicates.length < 100)
          duplicates.push(
            `line ${lineOf(text, (pair.key as { range?: number[] }).range?.[0] ?? 0)}: key ${JSON.stringify(key)} already set in map`,
          );
        seen.add(key);
      }
    },
  });
  try {
    return {
      value: jsonValue(document.toJS({ maxAliasCount: 100 })),
      ...(duplicates.length > 0 && { duplicates: [`yaml: unmarshal errors:\n  ${duplicates.join('\n  ')}`] }),
    };
  } catch (err) {
    if (err instanceof ReferenceError) throw new YamlSyntax(err.message); // too many aliases
    throw err;
  }
}

/** What YAML has and JSON has not: binary becomes text. */
function jsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return int64(value);
  if (value instanceof Set) return Object.fromEntries([...value].map((key) => [String(key), null]));
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item)]));
  return value;
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The first 30 bytes of a body, as text when it looks like JSON, else in hexadecimal. */
function summary(text: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const shown = text.startsWith('{') ? text : Buffer.from(bytes).toString('hex');
  return shown.length > 30 ? `${shown.slice(0, 30)} ...` : shown;
}
