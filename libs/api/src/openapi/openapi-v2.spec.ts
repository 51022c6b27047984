import { wireBudget, WireReader } from '../protobuf/wire.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { openApiV2 } from './openapi-v2.ts';
import { openApiV2Protobuf } from './openapi-v2-protobuf.ts';
import { openApiSchemas } from './schemas.ts';

const ref = { $ref: '#/components/schemas/io.k8s.api.apps.v1.Deployment' };
const documents = ['apps', 'policy'].map((group) => ({
  info: { title: 'Kubernetes', version: 'v1' },
  paths: {
    [`/apis/${group}/v1/things/{name}`]: {
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }],
      patch: {
        parameters: [{ name: 'dryRun', in: 'query', description: 'All.', schema: { type: 'string', uniqueItems: true } }],
        requestBody: { required: true, content: { 'application/json-patch+json': { schema: { type: 'object' } } } },
        responses: { 200: { description: 'OK', content: { 'application/json': { schema: ref } } }, 401: { description: 'Unauthorized' } },
        'x-kubernetes-action': 'patch',
      },
    },
  },
  components: {
    schemas: openApiSchemas(table, { kinds: [{ group, version: 'v1', kind: group === 'apps' ? 'Deployment' : 'PodDisruptionBudget' }] }),
    securitySchemes: { BearerToken: { type: 'apiKey', description: 'A token', name: 'authorization', in: 'header' } },
  },
}));
const document = openApiV2(documents) as { definitions: Record<string, Record<string, unknown>>; paths: Record<string, unknown> };
const definition = (name: string): Record<string, unknown> => document.definitions[name]!;

describe('the OpenAPI v2 document', () => {
  it('refers to its own definitions, and to none that are not there', () => {
    const text = JSON.stringify(document);
    expect(text).not.toMatch(/components|allOf|oneOf/);
    const names = [...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((name) => !document.definitions[name])).toEqual([]);
  });

  it('names every kind that a common type is used with', () => {
    const kinds = definition('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')['x-kubernetes-group-version-kind'];
    expect(kinds).toEqual(['apps', 'policy'].map((group) => ({ group, version: 'v1', kind: 'DeleteOptions' })));
  });

  it('has no defaults, and one type where v3 has several', () => {
    const spec = definition('io.k8s.api.apps.v1.DeploymentSpec').properties as Record<string, unknown>;
    expect(spec.replicas).toEqual({ type: 'integer', format: 'int32' });
    expect(definition('io.k8s.apimachinery.pkg.util.intstr.IntOrString')).toEqual({ type: 'string', format: 'int-or-string' });
  });

  it('says what an operation takes and answers', () => {
    expect(document.paths['/apis/apps/v1/things/{name}']).toEqual({
      parameters: [{ name: 'name', in: 'path', required: true, type: 'string', uniqueItems: true }],
      patch: {
        consumes: ['application/json-patch+json'],
        produces: ['application/json'],
        schemes: ['https'],
        parameters: [
          { name: 'body', in: 'body', required: true, schema: { type: 'object' } },
          { name: 'dryRun', in: 'query', description: 'All.', type: 'string', uniqueItems: true },
        ],
        responses: {
          200: { description: 'OK', schema: { $ref: '#/definitions/io.k8s.api.apps.v1.Deployment' } },
          401: { description: 'Unauthorized' },
        },
        'x-kubernetes-action': 'patch',
      },
    });
  });
});

type Fields = Map<number, (Uint8Array | bigint)[]>;
function read(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  for (const reader = new WireReader(bytes, wireBudget()); !reader.done; ) {
    const { field, wire } = reader.tag();
    fields.set(field, [...(fields.get(field) ?? []), wire === 0 ? reader.varint() : reader.block()]);
  }
  return fields;
}
const at = (bytes: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((inner, number) => read(inner).get(number)?.[0] as Uint8Array, bytes);
const textAt = (bytes: Uint8Array, ...path: number[]): string => Buffer.from(at(bytes, ...path)).toString();

describe('its protobuf form', () => {
  const bytes = openApiV2Protobuf(document as unknown as Record<string, unknown>);

  it('is a gnostic Document: swagger, info, paths, definitions, security', () => {
    expect([...read(bytes).keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 8, 9, 12, 13]);
    expect([textAt(bytes, 1), textAt(bytes, 2, 1), textAt(bytes, 13, 1, 1)]).toEqual(['2.0', 'Kubernetes', 'BearerToken']);
    expect(read(at(bytes, 9)).get(1)).toHaveLength(Object.keys(document.definitions).length);
  });

  it('has schemas with their extensions as YAML', () => {
    const entries = read(at(bytes, 9)).get(1) as Uint8Array[];
    const deployment = entries.find((entry) => textAt(entry, 1) === 'io.k8s.api.apps.v1.Deployment')!;
    expect(textAt(deployment, 2, 22, 1)).toBe('object');
    expect(textAt(deployment, 2, 25, 1, 1)).toBe('apiVersion');
    expect(textAt(deployment, 2, 31, 1)).toBe('x-kubernetes-group-version-kind');
    expect(JSON.parse(textAt(deployment, 2, 31, 2, 2))).toEqual([{ group: 'apps', version: 'v1', kind: 'Deployment' }]);
  });

  it('has operations with their parameters', () => {
    const item = at(bytes, 8, 2, 2);
    const [body, query] = read(at(item, 8)).get(8) as Uint8Array[];
    expect(textAt(body!, 1, 1, 5, 22, 1)).toBe('object');
    expect([textAt(query!, 1, 2, 3, 4), read(at(query!, 1, 2, 3)).get(20)]).toEqual(['dryRun', [1n]]);
    expect(textAt(item, 9, 1, 2, 4, 4)).toBe('name');
  });
});
