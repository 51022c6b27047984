import { apiVersionOf, builtinTypes, protobufMediaType, ProtobufEncoder, protobufEnvelope } from '#api';
import { startTestServer, type TestServer } from '../testing.ts';
import type { ServedKind } from '../contract.ts';
import { verbsOf } from '../catalog/kind-catalog.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const encoder = new ProtobufEncoder(builtinTypes);

interface Typed {
  apiVersion: string;
  kind: string;
  [field: string]: unknown;
}

/** The body as a typed client sends it, in either encoding. */
const encodings = {
  json: (object: Typed) => ({ body: Buffer.from(JSON.stringify(object)), type: 'application/json' }),
  protobuf: (object: Typed) => ({
    body: Buffer.concat(protobufEnvelope(object, [encoder.message(object)!])),
    type: protobufMediaType,
  }),
};

const collectionOf = ({ resource, namespaced }: ServedKind): string => {
  const { group, version, resource: plural } = resource;
  return `${group ? `/apis/${group}` : '/api'}/${version}${namespaced ? '/namespaces/default' : ''}/${plural}`;
};

const send = (method: string, url: string, { body, type }: { body: Buffer; type: string }) =>
  server.call(method, url, { body, headers: { 'content-type': type, accept: 'application/json' } });

describe.each(Object.entries(encodings))('options in %s', (_, encode) => {
  it('of deletes are taken in the version of every resource, in v1 and in meta.k8s.io/v1', async () => {
    const refused: string[] = [];
    for (const kind of server.server.kinds.all.filter((each) => verbsOf(each).includes('delete'))) {
      for (const apiVersion of [apiVersionOf(kind.gvk), 'v1', 'meta.k8s.io/v1']) {
        const options = encode({ apiVersion, kind: 'DeleteOptions', propagationPolicy: 'Background' });
        const one = await send('DELETE', `${collectionOf(kind)}/missing`, options);
        if (one.status !== 404) refused.push(`${apiVersion} ${kind.gvk.kind}: ${one.text}`);
        if (!verbsOf(kind).includes('deletecollection')) continue;
        const many = await send('DELETE', `${collectionOf(kind)}?labelSelector=no=such`, options);
        if (many.status !== 200) refused.push(`${apiVersion} ${kind.gvk.kind} collection: ${many.text}`);
      }
    }
    expect(refused).toEqual([]);
  });

  it('of a delete are heeded: a precondition that does not hold is a conflict', async () => {
    await server.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', { body: { metadata: { name: 'r' } } });
    const options = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'DeleteOptions', preconditions: { uid: 'another' } };
    const answer = await send('DELETE', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r', encode(options));
    expect(answer).toMatchObject({ status: 409, json: { reason: 'Conflict', details: { kind: 'Role' } } });
  });

  it.each([
    ['an Eviction', 'pods/p/eviction', 'policy/v1', 'Eviction', 201],
    ['an Eviction of the older version', 'pods/p/eviction', 'policy/v1beta1', 'Eviction', 201],
    ['a TokenRequest', 'serviceaccounts/default/token', 'authentication.k8s.io/v1', 'TokenRequest', 201],
    ['a Binding', 'pods/p/binding', 'v1', 'Binding', 422], // without a target
    ['a Binding of another version', 'pods/p/binding', 'policy/v1', 'Binding', 400],
  ])('%s at %s', async (...[, path, apiVersion, kind, status]) => {
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
    await server.call('POST', '/api/v1/namespaces/default/pods', { body: pod });
    const options = kind === 'Eviction' ? { deleteOptions: { gracePeriodSeconds: 0 } } : {};
    const body = { apiVersion, kind, metadata: { name: path.split('/')[1] }, ...options };
    // A kind of no version has no form but JSON.
    const coded = encoder.message(body) ? encode(body) : encodings.json(body);
    const answer = await send('POST', `/api/v1/namespaces/default/${path}`, coded);
    expect(answer).toMatchObject({ status });
  });
});

it.each(Object.entries(encodings))('a Scale in %s', async (_, encode) => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } };
  await server.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd', namespace: 'default' }, spec: { replicas: 3 } };
  const url = '/apis/apps/v1/namespaces/default/deployments/d/scale';
  expect(await send('PUT', url, encode(scale))).toMatchObject({ status: 200, json: { spec: { replicas: 3 } } });
  expect((await send('PUT', url, encode({ ...scale, metadata: { name: 'e' } }))).status).toBe(400);
  expect((await send('PUT', url, encode({ ...scale, metadata: { name: 'd', namespace: 'other' } }))).status).toBe(400);
});

it('a delete takes no other kind for its options', async () => {
  const answer = await send('DELETE', '/api/v1/namespaces/default/configmaps/x', encodings.json({ apiVersion: 'v1', kind: 'ConfigMap' }));
  expect(answer.status).toBe(400);
});

it('a raw extension that is no JSON is refused in words of the API', async () => {
  const revision = { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'r' }, revision: 1, data: 'bogus' };
  const { body, type } = encodings.protobuf(revision);
  const broken = Buffer.from(body.toString('latin1').replace('"bogus"', '[bogus]'), 'latin1');
  const answer = await send('POST', '/apis/apps/v1/namespaces/default/controllerrevisions', { body: broken, type });
  const message = 'the object provided is unrecognized (must be of type ControllerRevision): proto: a raw extension is no JSON';
  expect(answer).toMatchObject({ status: 400, json: { message } });
});
