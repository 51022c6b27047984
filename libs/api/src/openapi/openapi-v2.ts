import { setKey, lookUp } from '#base';

type Json = Record<string, unknown>;

/** What this reads of an OpenAPI v3 document. */
export interface OpenApiV3 {
  info: Json;
  paths: Record<string, Json>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
}

const kindsKey = 'x-kubernetes-group-version-kind';
const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);

/** The one OpenAPI v2 (Swagger) document that says what the v3 documents of all group versions say. */
export function openApiV2(documents: readonly OpenApiV3[]): Json {
  const definitions: Record<string, Json> = {};
  const paths: Json = {};
  for (const { components, paths: some } of documents) {
    for (const [name, schema] of Object.entries(components.schemas)) merge(definitions, name, schema);
    for (const [path, item] of Object.entries(some)) setKey(paths, path, pathItem(item));
  }
  const sorted = Object.entries(definitions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const schemes = documents[0]?.components.securitySchemes ?? {};
  return {
    swagger: '2.0',
    info: documents[0]?.info ?? {},
    paths,
    definitions: Object.fromEntries(sorted),
    securityDefinitions: schemes,
    security: Object.keys(schemes).map((name) => ({ [name]: [] })),
  };
}

/** `DeleteOptions` and the like are in each document, marked with the kinds of its group version only. */
function merge(definitions: Record<string, Json>, name: string, schema: Json): void {
  const known = lookUp(definitions, name);
  const kinds = schema[kindsKey] as Json[] | undefined;
  if (!known) setKey(definitions, name, { ...schemaV2(schema), ...(kinds && { [kindsKey]: [...kinds] }) });
  else if (kinds) {
    const all = (known[kindsKey] ??= []) as Json[];
    const present = new Set(all.map(keyOf));
    all.push(...kinds.filter((kind) => !present.has(keyOf(kind))));
  }
}

const keyOf = ({ group, version, kind }: Json): string => `${String(group)}/${String(version)}/${String(kind)}`;

/**
 * A schema of v2 has neither `oneOf` nor references with siblings in `allOf`, and Kubernetes leaves defaults out there: old clients take
 * them for what the user wrote. `k8s.io/kube-openapi/pkg/builder3/util`, `…/pkg/handler.PruneDefaults`.
 */
function schemaV2(schema: Json): Json {
  const { default: _default, allOf, oneOf, items, additionalProperties, properties, $ref, ...rest } = schema;
  const reference = ($ref ?? (allOf as { $ref?: string }[] | undefined)?.[0]?.$ref) as string | undefined;
  return {
    ...rest,
    ...(reference && { $ref: reference.replace('#/components/schemas/', '#/definitions/') }),
    ...(oneOf !== undefined && { type: 'string' }),
    ...(items !== undefined && { items: schemaV2(items as Json) }),
    ...(additionalProperties !== undefined && { additionalProperties: schemaV2(additionalProperties as Json) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties as Record<string, Json>).map(([name, one]) => [name, schemaV2(one)])),
    }),
  };
}

function pathItem(item: Json): Json {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => {
      if (name === 'parameters') return [name, (value as Json[]).map(parameter)];
      return [name, methods.has(name) ? operation(value as Json) : value];
    }),
  );
}

interface Body {
  required?: boolean;
  content: Record<string, { schema: Json }>;
}

function operation({ parameters = [], requestBody, responses, ...rest }: Json): Json {
  const body = requestBody as Body | undefined;
  const answers = Object.entries(responses as Record<string, { description: string; content?: Body['content'] }>);
  const consumes = Object.keys(body?.content ?? {});
  const produces = answers.flatMap(([, { content }]) => Object.keys(content ?? {}));
  const [sent] = Object.values(body?.content ?? {});
  return {
    ...rest,
    consumes: consumes.length > 0 ? consumes : ['*/*'],
    produces,
    schemes: ['https'],
    parameters: [
      ...(sent ? [{ name: 'body', in: 'body', required: body?.required === true, schema: schemaV2(sent.schema) }] : []),
      ...(parameters as Json[]).map(parameter),
    ],
    responses: Object.fromEntries(
      answers.map(([code, { description, content }]) => {
        const [first] = Object.values(content ?? {});
        return [code, { description, ...(first && { schema: schemaV2(first.schema) }) }];
      }),
    ),
  };
}

const parameter = ({ schema, ...rest }: Json): Json => ({ ...rest, ...(schema as Json) });
