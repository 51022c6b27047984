import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Descriptions, openApiSchemas, openApiV2, openApiV2Protobuf, openApiV2ProtobufType, type OpenApiV3 } from '#api';
import { gvkOfSubresource } from '../catalog/subresources.ts';
import type { CatalogChange, HttpAnswer, KindCatalog } from '../contract.ts';
import { parseAccept } from '../request/negotiate.ts';
import { type Admitted, header } from '../rest/call.ts';
import { pathsOf } from './paths.ts';

/** Kept packed, which is a tenth: they are asked for seldom, and nearly always packed. */
interface Document {
  mediaType: string;
  packed: Buffer;
  hash: string;
}

/**
 * OpenAPI v3: `/openapi/v3` names a document per group version with its hash, so that clients fetch each once. KEP-2896.
 * OpenAPI v2: `/openapi/v2`, the same in one document, as JSON or protobuf. `k8s.io/kube-openapi/pkg/handler`.
 */
export class OpenApiDocuments {
  private readonly made = new Map<string, Document>();

  constructor(
    private readonly kinds: KindCatalog,
    private readonly descriptions: Descriptions,
    private readonly version: string,
  ) {
    kinds.onChange((change) => this.forget(change));
  }

  /** Undefined: no such document. */
  page(path: string, admitted: Admitted): HttpAnswer | undefined {
    if (path === '/openapi/v3') return this.index();
    if (path === '/openapi/v2') {
      const form = formOf(header(admitted.call, 'accept'));
      return form ? answer(this.v2(form), admitted) : notAcceptable;
    }
    const name = path.slice('/openapi/v3/'.length);
    if (!path.startsWith('/openapi/v3/') || !this.names().includes(name)) return undefined;
    return answer(this.document(name), admitted);
  }

  private names(): string[] {
    return [...this.kinds.groups()].flatMap(([group, versions]) => versions.map((version) => nameOf({ group, version })));
  }

  /** The documents of the versions that changed, and those that are made of all. */
  private forget({ added, removed }: CatalogChange): void {
    for (const { gvk } of [...added, ...removed]) this.made.delete(nameOf(gvk));
    for (const form of v2Forms) this.made.delete(form);
  }

  private index(): HttpAnswer {
    const paths = Object.fromEntries(
      this.names().map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${this.document(name).hash}` }]),
    );
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ paths })) };
  }

  private document(name: string): Document {
    return this.kept(name, () => ({ mediaType: json, body: Buffer.from(JSON.stringify(this.v3(name))) }));
  }

  private v2(mediaType: V2Form): Document {
    return this.kept(mediaType, () => {
      const document = openApiV2(this.names().map((name) => this.v3(name)));
      return { mediaType, body: mediaType === json ? Buffer.from(JSON.stringify(document)) : openApiV2Protobuf(document) };
    });
  }

  private kept(key: string, make: () => { mediaType: string; body: Buffer }): Document {
    let document = this.made.get(key);
    if (!document) {
      const { mediaType, body } = make();
      document = { mediaType, packed: gzipSync(body), hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
      this.made.set(key, document);
    }
    return document;
  }

  private v3(name: string): OpenApiV3 & { openapi: string } {
    const { types } = this.kinds;
    const [root, group, version] = name.split('/') as [string, string, string];
    const kinds = root === 'api' ? this.kinds.inVersion('', group) : this.kinds.inVersion(group, version);
    const bodies = kinds.flatMap((kind) =>
      Object.values(kind.definition.subresources ?? {}).flatMap((subresource) => {
        const gvk = gvkOfSubresource(kind, subresource);
        const type = gvk === kind.gvk ? undefined : types.kind(gvk)?.name;
        return type ? [type] : [];
      }),
    );
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.version },
      paths: Object.assign({}, ...kinds.map((kind) => pathsOf(kind, types))) as OpenApiV3['paths'],
      components: {
        schemas: openApiSchemas(types, { kinds: kinds.map(({ gvk }) => gvk), types: bodies, descriptions: this.descriptions }),
        securitySchemes: {
          BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
        },
      },
    };
  }
}

const json = 'application/json';
const v2Forms = [json, openApiV2ProtobufType] as const;
type V2Form = (typeof v2Forms)[number];

const nameOf = ({ group, version }: { group: string; version: string }): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

/** Clients ask with `@` before the version; the form with a dot is the media type's proper name. */
function formOf(accept = '*/*'): V2Form | undefined {
  for (const { type } of parseAccept(accept)) {
    if (type.replace('@', '.') === openApiV2ProtobufType) return openApiV2ProtobufType;
    if (type === json || type === '*/*' || type === 'application/*') return json;
  }
  return undefined;
}

const notAcceptable: HttpAnswer = { status: 406, headers: {}, body: Buffer.alloc(0) };

function answer({ mediaType, packed, hash }: Document, { call, query }: Admitted): HttpAnswer {
  const etag = `"${hash}"`;
  // A document that is asked for by its hash cannot change: it may be kept for ever.
  const keep: Record<string, string> = query.get('hash') === hash ? { 'cache-control': 'public, immutable', expires: farAway } : {};
  const headers = { 'content-type': mediaType, etag, vary: 'Accept, Accept-Encoding', ...keep };
  const known = (header(call, 'if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) return { status: 304, headers: { etag, ...keep }, body: Buffer.alloc(0) };
  const takesPacked = /\bgzip\b/.test(header(call, 'accept-encoding') ?? '');
  return takesPacked
    ? { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: packed }
    : { status: 200, headers, body: gunzipSync(packed) };
}

const farAway = 'Fri, 31 Dec 9999 23:59:59 GMT';
