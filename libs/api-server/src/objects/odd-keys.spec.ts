import { builtinTypes, protobufMediaType, ProtobufEncoder, protobufEnvelope } from '#api';
import { startTestServer, type TestAnswer, type TestServer } from '../testing.ts';

/** Names that every JavaScript object seems to have. A client may use each as a key, and mean nothing by it. */
const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const data = (text: string): Record<string, string> =>
  JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(text)}`).join(',')}}`) as Record<string, string>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
});
afterAll(() => server.close());

const url = '/api/v1/namespaces/default/configmaps';
let count = 0;
const fresh = (): string => `odd-${count++}`;
const patch = (name: string, type: string, body: unknown, query = ''): Promise<TestAnswer> =>
  server.call('PATCH', `${url}/${name}${query}`, { body, headers: { 'content-type': `application/${type}` } });
const kept = async (name: string): Promise<unknown> => {
  const { text } = await server.call('GET', `${url}/${name}`);
  return (JSON.parse(text) as { data?: unknown }).data;
};

describe('a ConfigMap keeps every key, whatever it is called', () => {
  it('as JSON, YAML and protobuf', async () => {
    const [json, yaml, proto] = [fresh(), fresh(), fresh()];
    await server.call('POST', url, { body: { metadata: { name: json }, data: data('v') } });
    const lines = names.map((name) => `  ${name}: v`).join('\n');
    await server.call('POST', url, {
      body: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${yaml}}\ndata:\n${lines}\n`,
      headers: { 'content-type': 'application/yaml' },
    });
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: proto }, data: data('v') };
    const encoder = new ProtobufEncoder(builtinTypes);
    await server.call('POST', url, {
      body: Buffer.concat(protobufEnvelope(object, [encoder.message(object)!])),
      headers: { 'content-type': protobufMediaType },
    });
    for (const name of [json, yaml, proto]) expect(await kept(name)).toEqual(data('v'));
    const answer = await server.call('GET', `${url}/${proto}`, { headers: { accept: protobufMediaType } });
    for (const name of names) expect(answer.bytes.includes(name)).toBe(true);
  });

  it.each(['merge-patch+json', 'strategic-merge-patch+json'])('through a %s, which also takes them away', async (type) => {
    const name = fresh();
    await server.call('POST', url, { body: { metadata: { name } } });
    expect((await patch(name, type, JSON.stringify({ data: data('v') }))).status).toBe(200);
    expect(await kept(name)).toEqual(data('v'));
    expect((await patch(name, type, `{"data":{${names.map((key) => `"${key}":null`).join(',')}}}`)).status).toBe(200);
    expect((await kept(name)) ?? {}).toEqual({});
  });

  it('through server-side apply, by two managers', async () => {
    const name = fresh();
    const apply = (manager: string, text: string, force = false): Promise<TestAnswer> => {
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: data(text) });
      return patch(name, 'apply-patch+yaml', body, `?fieldManager=${manager}&force=${force}`);
    };
    expect((await apply('one', 'v')).status).toBe(201);
    expect(await kept(name)).toEqual(data('v'));
    expect((await apply('two', 'w')).status).toBe(409);
    expect((await apply('two', 'w', true)).status).toBe(200);
    expect(await kept(name)).toEqual(data('w'));
    const none = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    expect((await patch(name, 'apply-patch+yaml', none, '?fieldManager=two')).status).toBe(200);
    expect((await kept(name)) ?? {}).toEqual({});
  });

  it('through an update that changes one of them alone', async () => {
    const name = fresh();
    await server.call('POST', url, { body: { metadata: { name }, data: data('v') } });
    for (const key of names) {
      const changed = JSON.stringify({ metadata: { name }, data: data('v') }).replace(`"${key}":"v"`, `"${key}":"other"`);
      expect((await server.call('PUT', `${url}/${name}`, { body: changed })).json).toMatchObject({ data: { [key]: 'other' } });
    }
  });
});

describe.each(names.filter((name) => name !== '__proto__'))('the key %s', (key) => {
  it('selects by labels like any other', async () => {
    const [with_, without] = [fresh(), fresh()];
    await server.call('POST', url, {
      body: { metadata: { name: with_, labels: { [key]: 'v', 'odd-keys': 'x' }, annotations: { [key]: 'v' } } },
    });
    await server.call('POST', url, { body: { metadata: { name: without, labels: { 'odd-keys': 'x' } } } });
    const found = async (selector: string): Promise<string[]> => {
      const { json } = await server.call('GET', `${url}?labelSelector=${encodeURIComponent(selector)}`);
      return (json as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
    };
    expect(await found(key)).toEqual([with_]);
    expect(await found(`odd-keys,!${key}`)).toEqual([without]);
    expect(await found(`${key} in (v)`)).toEqual([with_]);
    await server.call('DELETE', `${url}?labelSelector=odd-keys`);
  });
});

describe.each(names)('a name that is looked up: %s', (name) => {
  const status = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await server.call(method, path, { body })).status;

  it('is no field that selects: 400 with the documented words', async () => {
    for (const [path, message] of [
      ['/api/v1/pods', `field label not supported: ${name}`],
      ['/api/v1/configmaps', `"${name}" is not a known field selector: only "metadata.name", "metadata.namespace"`],
      ['/apis/events.k8s.io/v1/events', `field label not supported: ${name}`],
    ]) {
      for (const operator of ['=', '==', '!=']) {
        const answer = await server.call('GET', `${path}?fieldSelector=${encodeURIComponent(`${name}${operator}x`)}`);
        expect(answer).toMatchObject({ status: 400, json: { reason: 'BadRequest', message } });
      }
    }
  });

  it('is no resource, subresource, group, version, verb, page or namespace', async () => {
    expect(await status('GET', `/api/v1/${name}`)).toBe(404);
    expect(await status('GET', `/api/${name}/pods`)).toBe(404);
    expect(await status('GET', `/apis/${name}/v1/pods`)).toBe(404);
    expect(await status('GET', `/apis/apps/${name}`)).toBe(404);
    expect(await status('GET', `/${name}`)).toBe(404);
    expect(await status('GET', `/healthz/${name}`)).toBe(404);
    for (const method of ['GET', 'PUT', 'PATCH', 'POST', 'DELETE']) {
      expect(await status(method, `/api/v1/namespaces/default/configmaps/x/${name}`, {})).toBe(404);
      expect(await status(method, `/api/v1/namespaces/default/pods/x/${name}`, {})).toBe(404);
    }
    expect(await status(name.toUpperCase(), '/api/v1/pods')).toBe(405);
    expect(await status('GET', `/api/v1/namespaces/${name}/pods`)).toBe(200);
  });

  it('is no scope, operator, class, kind of owner or volume', async () => {
    const pod = (spec: object, metadata: object = {}): object => ({
      metadata: { name: fresh(), ...metadata },
      spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    });
    const pods = '/api/v1/namespaces/default/pods';
    const quotas = '/api/v1/namespaces/default/resourcequotas';
    expect(await status('POST', quotas, { metadata: { name: fresh() }, spec: { scopes: [name] } })).toBe(422);
    expect(await status('POST', pods, pod({ priorityClassName: name }))).toBe(403);
    expect(
      await status('POST', pods, JSON.stringify(pod({ volumes: [{ name: 'v' }] })).replace('"name":"v"', `"name":"v","${name}":{}`)),
    ).toBe(201);
    const term = (operator: string): object => ({ nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator, values: ['b'] }] }] });
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term(name) } };
    expect(await status('POST', pods, pod({ affinity }))).toBe(422);
    const token = { spec: { boundObjectRef: { kind: name, apiVersion: 'v1', name: 'x' } } };
    expect(await status('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', token)).toBe(400);
  });

  it('is a resource without a default, where a LimitRange names others', async () => {
    const namespace = `ns-${fresh()}`;
    await server.call('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
    await server.call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name: 'default' } } });
    const limits = { metadata: { name: 'l' }, spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } };
    expect(await status('POST', `/api/v1/namespaces/${namespace}/limitranges`, limits)).toBe(201);
    const amounts = { [`example.com/${name}`]: '1' };
    const resources = { requests: amounts, limits: amounts };
    const body = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources }] } };
    const answer = await server.call('POST', `/api/v1/namespaces/${namespace}/pods`, { body });
    if (name === '__proto__')
      expect(answer.status).toBe(422); // a name of a resource begins with a letter
    else expect(answer.json).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: '1', ...amounts } } }] } });
  });
});
