import { notAcceptable } from '#api';

/** How an answer is written. */
export interface Format {
  mediaType: 'application/json' | 'application/yaml';
  as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Version of meta.k8s.io for the last three. */
  version?: 'v1' | 'v1beta1';
  /** `stream=watch`. */
  stream?: boolean;
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
 * The format that an `Accept` header asks for: the first clause, by quality, that can be served. Protobuf is not served and is passed over
 * when another is acceptable. Throws ApiError 406. `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`.
 */
export function negotiate(accept: string | undefined, { transforms }: { transforms: boolean }): Format {
  if (!accept || accept.trim() === '') return { mediaType: 'application/json', as: 'object' };
  for (const clause of parseAccept(accept)) {
    const format = formatOf(clause, transforms);
    if (format) return format;
  }
  throw none();
}

function formatOf({ type, params }: Clause, transforms: boolean): Format | undefined {
  const mediaType =
    type === 'application/yaml' || type === 'application/x-yaml' ? 'application/yaml' : jsonLike(type) ? 'application/json' : undefined;
  if (!mediaType) return undefined;
  const { as, g, v, stream } = params;
  if (!as) return { mediaType, as: 'object', ...(stream === 'watch' && { stream: true }) };
  if (!transforms || !transformed.has(as) || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  return { mediaType, as: as as Format['as'], version: v, ...(stream === 'watch' && { stream: true }) };
}

const jsonLike = (type: string): boolean => type === 'application/json' || type === 'application/*' || type === '*/*' || type === '*';

export function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').map((text): Clause => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const params: Record<string, string> = {};
    for (const part of rest) {
      const equals = part.indexOf('=');
      if (equals > 0) params[part.slice(0, equals).toLowerCase()] = part.slice(equals + 1).replaceAll('"', '');
    }
    return { type: type.toLowerCase(), params, quality: params.q === undefined ? 1 : Number(params.q) };
  });
  // Sorting is stable: equal clauses keep the client's order.
  return clauses.filter(({ type, quality }) => type !== '' && quality > 0).sort((a, b) => b.quality - a.quality);
}

/** Whether any clause names a type that a resource route answers in; otherwise the router itself refuses, with words of its own. */
export const routeProduces = (accept: string | undefined): boolean =>
  !accept ||
  parseAccept(accept).some(({ type }) => jsonLike(type) || type === 'application/yaml' || type === 'application/vnd.kubernetes.protobuf');
