import { createHash } from 'node:crypto';
import { builtinTypes, type Descriptions, openApiSchemas } from '#api';
import type { HttpAnswer } from '../contract.ts';
import type { ServedKinds } from '../resources/served-kinds.ts';
import { pathsOf } from './paths.ts';

interface Document {
  body: Buffer;
  hash: string;
}

/** OpenAPI v3: `/openapi/v3` names a document per group version with its hash, so that clients fetch each once. KEP-2896. */
export class OpenApiDocuments {
  private readonly made = new Map<string, Document>();

  constructor(
    private readonly kinds: ServedKinds,
    private readonly descriptions: Descriptions,
    private readonly version: string,
  ) {}

  /** Undefined: no such document. */
  page(path: string, query: URLSearchParams): HttpAnswer | undefined {
    if (path === '/openapi/v3') return this.index();
    const name = path.slice('/openapi/v3/'.length);
    if (!path.startsWith('/openapi/v3/') || !this.names().includes(name)) return undefined;
    const { body, hash } = this.document(name);
    // A document that is asked for by its hash cannot change: it may be kept for ever.
    const keep: Record<string, string> = query.get('hash') === hash ? { 'cache-control': 'public, immutable', expires: farAway } : {};
    return { status: 200, headers: { 'content-type': 'application/json', etag: `"${hash}"`, vary: 'Accept', ...keep }, body };
  }

  private names(): string[] {
    return [...this.kinds.groups()].flatMap(([group, versions]) => versions.map((v) => (group === '' ? `api/${v}` : `apis/${group}/${v}`)));
  }

  private index(): HttpAnswer {
    const paths = Object.fromEntries(
      this.names().map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${this.document(name).hash}` }]),
    );
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ paths })) };
  }

  private document(name: string): Document {
    let document = this.made.get(name);
    if (!document) {
      document = this.make(name);
      this.made.set(name, document);
    }
    return document;
  }

  private make(name: string): Document {
    const [root, group, version] = name.split('/') as [string, string, string];
    const kinds = root === 'api' ? this.kinds.inVersion('', group) : this.kinds.inVersion(group, version);
    const bodies = kinds.flatMap(({ definition }) =>
      Object.values(definition.subresources ?? {}).flatMap((subresource) => {
        const gvk = subresource.do === 'action' ? subresource.body : subresource.do === 'scale' ? scale : undefined;
        const type = gvk && builtinTypes.kind(gvk)?.name;
        return type ? [type] : [];
      }),
    );
    const schemas = openApiSchemas(builtinTypes, { kinds: kinds.map(({ gvk }) => gvk), types: bodies, descriptions: this.descriptions });
    const body = Buffer.from(
      JSON.stringify({
        openapi: '3.0.0',
        info: { title: 'Kubernetes', version: this.version },
        paths: Object.assign({}, ...kinds.map(pathsOf)) as unknown,
        components: {
          schemas,
          securitySchemes: {
            BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
          },
        },
      }),
    );
    return { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
  }
}

const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const farAway = 'Fri, 31 Dec 9999 23:59:59 GMT';
