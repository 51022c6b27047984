import { parseExact } from '#base';
import { jsonSyntaxError } from './json-syntax.ts';
import { badRequest, unsupportedMediaType } from '../meta/api-error.ts';
import { checkJson, tooDeep, tooManyValues } from './limits.ts';
import type { YamlOutcome } from './yaml.ts';
import { isLongText, readYamlAside, readYamlInline } from './text-thread.ts';

export interface ParsedBody {
  value: unknown;
  /** The text, where it is JSON. */
  json?: string;
  /** Keys that a YAML text repeats, as complaints. */
  duplicates?: string[];
}

const yamlTypes = new Set(['application/yaml', 'application/x-yaml', 'application/apply-patch+yaml']);
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const typeOf = (mediaType: string): string => mediaType.split(';')[0]!.trim().toLowerCase();

/**
 * Parses JSON or YAML into an object. `yaml`: what `readLongYaml` found in the body. Throws ApiError 400 that names the expected kind, 413
 * for what is too much, 415 for a media type that is neither.
 */
export function parseBody(bytes: Uint8Array, mediaType: string, expectedKind: string, yaml?: YamlOutcome): ParsedBody {
  const type = typeOf(mediaType);
  const text = utf8.decode(bytes);
  const refuse = (why: string, cause: unknown): Error =>
    badRequest(`the object provided is unrecognized (must be of type ${expectedKind}): ${why} (${summary(text, bytes)})`, cause);
  let parsed: ParsedBody;
  try {
    if (type === 'application/json' || type === '') parsed = { value: parseJson(text), json: text };
    else if (yamlTypes.has(type)) parsed = parsedYaml(bytes, yaml);
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

/** YAML or JSON, as a configuration to apply has it; `yaml` as for `parseBody`. Throws ApiError 400, 413. */
export function parseYaml(bytes: Uint8Array, yaml?: YamlOutcome): ParsedBody {
  try {
    return parsedYaml(bytes, yaml);
  } catch (err) {
    if (err instanceof YamlSyntax) throw badRequest(`error decoding YAML: yaml: ${err.message}`, err);
    throw err;
  }
}

/** Throws SyntaxError, and ApiError 413 for what is too much. */
export function parseJson(text: string): unknown {
  checkJson(text);
  return parseExact(text);
}

const looksLikeJson = (text: string): boolean => /^\s*\{/.test(text);

/**
 * What a body in YAML says, when it is too long to be read at once: to be handed to `decodeBody` or `parseYaml` then. Undefined for any
 * other body.
 */
export function readLongYaml(bytes: Uint8Array, mediaType: string): Promise<YamlOutcome> | undefined {
  if (!isLongText(bytes.length) || !yamlTypes.has(typeOf(mediaType))) return undefined;
  try {
    const text = yamlText(bytes);
    return looksLikeJson(text) && tryJson(text) ? undefined : readYamlAside(text);
  } catch (err) {
    if (err instanceof YamlSyntax) return Promise.resolve({ error: err.message });
    throw err;
  }
}

/** YAML says by its first bytes when it is UTF-16 (YAML 1.1 §5.2), and may hold nothing that is no text. Throws YamlSyntax. */
function yamlText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch (err) {
    throw new YamlSyntax('invalid leading UTF-8 octet', { cause: err });
  }
}

/** A text that begins as JSON is tried as JSON first; flow-style YAML looks like JSON and is none. */
function tryJson(text: string): ParsedBody | undefined {
  try {
    return { value: parseJson(text), json: text };
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
    if (err.message === tooDeep) throw new YamlSyntax(tooDeep, { cause: err });
    return undefined;
  }
}

function parsedYaml(bytes: Uint8Array, given: YamlOutcome | undefined): ParsedBody {
  const text = given ? '' : yamlText(bytes);
  const json = looksLikeJson(text) ? tryJson(text) : undefined;
  if (json) return json;
  const outcome = given ?? readYamlInline(text);
  if (!outcome || 'tooLarge' in outcome) throw tooManyValues();
  if ('error' in outcome) throw new YamlSyntax(outcome.error);
  return { value: parseExact(outcome.json), ...(outcome.duplicates.length > 0 && { duplicates: outcome.duplicates }) };
}

/** The first 30 bytes of a body, as text when it looks like JSON, else in hexadecimal. */
function summary(text: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const shown = text.startsWith('{') ? text : Buffer.from(bytes).toString('hex');
  return shown.length > 30 ? `${shown.slice(0, 30)} ...` : shown;
}
