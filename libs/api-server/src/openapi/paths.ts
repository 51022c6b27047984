import { apiVersionOf, type Gvk, type TypeTable } from '#api';
import type { ServedKind } from '../contract.ts';
import { patchTypesOf, verbsOf } from '../catalog/kind-catalog.ts';
import { gvkOfSubresource } from '../catalog/subresources.ts';

type Json = Record<string, unknown>;
type Described = ServedKind & { types: TypeTable };

const query = (name: string, type: string, description: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { type, uniqueItems: true },
});

const pretty = query('pretty', 'string', 'If true, the answer is indented.');
const dryRun = query('dryRun', 'string', 'All: everything but the store.');
const fieldManager = query('fieldManager', 'string', 'Name of the actor that makes these changes.');
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What to do about fields that are unknown or stand twice: Ignore, Warn or Strict.',
);
const force = query('force', 'boolean', 'Apply takes fields from other managers.');
const listQueries = [
  query('allowWatchBookmarks', 'boolean', 'Events of type BOOKMARK may be sent.'),
  query('continue', 'string', 'Where the list goes on.'),
  query('fieldSelector', 'string', 'Restricts by fields.'),
  query('labelSelector', 'string', 'Restricts by labels.'),
  query('limit', 'integer', 'The longest list to answer.'),
  query('resourceVersion', 'string', 'The version to answer from.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant.'),
  query('sendInitialEvents', 'boolean', 'A watch begins with the present objects and a bookmark.'),
  query('timeoutSeconds', 'integer', 'The longest time to answer.'),
  query('watch', 'boolean', 'Answer changes instead of a list.'),
];
const deleteQueries = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Time to end in.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
const writeQueries = [dryRun, fieldManager, fieldValidation];
const inPath = (name: string): Json => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } });

/** The paths of a kind as OpenAPI v3: clients find by them what each can be asked (`kubectl` looks for `fieldValidation` and `dryRun`). */
export function pathsOf(served: ServedKind, types: TypeTable): Json {
  const kind: Described = { ...served, types };
  const { group, version, resource } = kind.resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${resource}` : `${root}/${resource}`;
  const placed = kind.namespaced ? [inPath('namespace')] : [];
  const paths: Json = {
    [base]: { ...collection(kind), parameters: [...placed, pretty] },
    [`${base}/{name}`]: { ...single(kind), parameters: [inPath('name'), ...placed, pretty] },
  };
  if (kind.namespaced && verbsOf(kind).includes('list')) {
    paths[`${root}/${resource}`] = { get: operation(kind, 'list', { answer: listOf(kind.gvk) }), parameters: [pretty, ...listQueries] };
  }
  for (const [name, subresource] of Object.entries(kind.definition.subresources ?? {})) {
    const parameters = [inPath('name'), ...placed, pretty];
    if (subresource.do === 'connect') continue;
    const gvk = gvkOfSubresource(kind, subresource);
    paths[`${base}/{name}/${name}`] = { ...(subresource.do === 'action' ? posted(kind, gvk) : viewed(kind, gvk)), parameters };
  }
  return paths;
}

const listOf = (gvk: Gvk): Gvk => ({ ...gvk, kind: `${gvk.kind}List` });
const deletion = (kind: Described): Gvk => ({ ...kind.gvk, kind: 'DeleteOptions' });
const statusGvk: Gvk = { group: '', version: 'v1', kind: 'Status' };

function collection(kind: Described): Json {
  const verbs = verbsOf(kind);
  return {
    ...(verbs.includes('list') && { get: operation(kind, 'list', { answer: listOf(kind.gvk), parameters: listQueries }) }),
    ...(verbs.includes('create') && { post: operation(kind, 'post', { answer: kind.gvk, body: kind.gvk, parameters: writeQueries }) }),
    ...(verbs.includes('deletecollection') && {
      delete: operation(kind, 'deletecollection', {
        answer: statusGvk,
        body: deletion(kind),
        parameters: [...deleteQueries, ...listQueries],
      }),
    }),
  };
}

function single(kind: Described): Json {
  const verbs = verbsOf(kind);
  const whole = viewed(kind, kind.gvk);
  return {
    ...(verbs.includes('get') && { get: whole.get }),
    ...(verbs.includes('update') && { put: whole.put }),
    ...(verbs.includes('patch') && { patch: whole.patch }),
    ...(verbs.includes('delete') && {
      delete: operation(kind, 'delete', { answer: statusGvk, body: deletion(kind), parameters: deleteQueries }),
    }),
  };
}

const viewed = (kind: Described, gvk: Gvk): Json => ({
  get: operation(kind, 'get', { answer: gvk }),
  put: operation(kind, 'put', { answer: gvk, body: gvk, parameters: writeQueries }),
  patch: operation(kind, 'patch', { answer: gvk, parameters: [...writeQueries, force], patch: true }),
});

const posted = (kind: Described, gvk: Gvk): Json => ({
  post: operation(kind, 'post', { answer: gvk, body: gvk, parameters: writeQueries }),
});

interface Operation {
  answer: Gvk;
  body?: Gvk;
  parameters?: Json[];
  patch?: boolean;
}

function operation(kind: Described, action: string, { answer, body, parameters, patch }: Operation): Json {
  const { group, version } = kind.resource;
  const patchSchema = {
    type: 'object',
    description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
  };
  return {
    tags: [`${group === '' ? 'core' : group.split('.')[0]}_${version}`],
    ...(parameters && { parameters }),
    ...(body && { requestBody: { required: action !== 'delete', content: { '*/*': { schema: refOf(kind, body) } } } }),
    ...(patch && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          patchTypesOf(kind)
            .toSorted()
            .map((type) => [type, { schema: patchSchema }]),
        ),
      },
    }),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: refOf(kind, answer) }, 'application/yaml': { schema: refOf(kind, answer) } },
      },
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind: kind.gvk.kind },
  };
}

function refOf({ types }: Described, gvk: Gvk): Json {
  const type = types.kind(gvk)?.name;
  return type ? { $ref: `#/components/schemas/${type}` } : { type: 'object', description: apiVersionOf(gvk) };
}
