import { setKey } from '#base';
import { notAcceptable, protobufMediaType } from '#api';

/** How an answer is written. */
export interface Format {
  mediaType: 'application/json' | 'application/yaml' | typeof protobufMediaType;
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Version of meta.k8s.io for the last three. */
  version?: 'v1' | 'v1beta1';
}

interface Clause {
  type: string;
  params: Readonly<Record<string, string>>;
  quality: number;
}

const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
const none = (): Error => notAcceptable(`only the following media types are accepted: ${accepted}`);
const transformed = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

/**
 * The format that an `Accept` header asks for: the first clause, by quality, that can be served. Tables have no protobuf form, watches no
 * YAML form. Throws ApiError 406. `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`.
 */
export function negotiate(accept: string | undefined, { tables, watch }: { tables: boolean; watch?: boolean }): Format {
  if (!accept || accept.trim() === '') return json;
  for (const clause of parseAccept(accept)) {
    const format = formatOf(clause, tables);
    if (format && !(watch && format.mediaType === 'application/yaml')) return format;
  }
  throw none();
}

const json: Format = { mediaType: 'application/json', as: 'object' };

/** How an error is told: as the client wants its objects, else as JSON. */
export function errorFormat(accept: string | undefined): Format {
  const clauses = parseAccept(accept ?? '');
  for (const clause of clauses) {
    const mediaType = mediaTypeOf(clause.type);
    if (mediaType) return { mediaType, as: 'object' };
  }
  return json;
}

function formatOf({ type, params }: Clause, tables: boolean): Format | undefined {
  const mediaType = mediaTypeOf(type);
  if (!mediaType) return undefined;
  const { as, g, v } = params;
  if (!as) return { mediaType, as: 'object' };
  if (as === 'Table' && (mediaType === protobufMediaType || !tables)) return undefined;
  if (!transformed.has(as) || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  return { mediaType, as: as as Format['as'], version: v };
}

function mediaTypeOf(type: string): Format['mediaType'] | undefined {
  if (type === 'application/yaml' || type === 'application/x-yaml') return 'application/yaml';
  if (type === protobufMediaType) return protobufMediaType;
  return jsonLike(type) ? 'application/json' : undefined;
}

const jsonLike = (type: string): boolean => type === 'application/json' || type === 'application/*' || type === '*/*' || type === '*';

/** Clients send few different headers, each many times. */
const parsed = new Map<string, readonly Clause[]>();
const MAX_PARSED = 256;

export function parseAccept(accept: string): readonly Clause[] {
  let clauses = parsed.get(accept);
  if (!clauses) {
    clauses = clausesOf(accept);
    if (accept.length <= 1024 && parsed.size < MAX_PARSED) parsed.set(accept, clauses);
  }
  return clauses;
}

function clausesOf(accept: string): readonly Clause[] {
  const clauses = accept.split(',').map((text): Clause => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const params: Record<string, string> = {};
    for (const part of rest) {
      const equals = part.indexOf('=');
      if (equals > 0) setKey(params, part.slice(0, equals).toLowerCase(), part.slice(equals + 1).replaceAll('"', ''));
    }
    return { type: type.toLowerCase(), params, quality: params.q === undefined ? 1 : Number(params.q) };
  });
  // Sorting is stable: equal clauses keep the client's order.
  return clauses.filter(({ type, quality }) => type !== '' && quality > 0).sort((a, b) => b.quality - a.quality);
}

/** Whether any clause names a type that a resource route answers in; otherwise the router itself refuses, with words of its own. */
export const routeProduces = (accept: string | undefined): boolean =>
  !accept || parseAccept(accept).some(({ type }) => jsonLike(type) || type === 'application/yaml' || type === protobufMediaType);
