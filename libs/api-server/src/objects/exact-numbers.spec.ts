import { parseExact } from '#base';
import { startTestServer, type TestServer } from '../testing.ts';

const large = '9007199254740993'; // 2^53 + 1

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } });
});
afterAll(() => server.close());

const pods = '/api/v1/namespaces/default/pods';
const body = (name: string, spec: string): string =>
  `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"},"spec":{"containers":[{"name":"c","image":"i"}],${spec}}}`;
const tolerations = `"tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":${large}}]`;

describe('whole numbers of 64 bits', () => {
  it('travel as they came: stored, listed, watched, patched, pretty, as YAML and as protobuf', async () => {
    const says = `"tolerationSeconds":${large}`;
    expect((await server.call('POST', pods, { body: body('a', tolerations) })).text).toContain(says);
    for (const path of [`${pods}/a`, pods, `${pods}?watch=1&resourceVersion=0&timeoutSeconds=1`]) {
      expect((await server.call('GET', path)).text).toContain(says);
    }
    for (const [type, patch] of [
      ['merge-patch+json', '{"metadata":{"labels":{"a":"1"}}}'],
      ['strategic-merge-patch+json', '{"metadata":{"labels":{"a":"2"}}}'],
      ['json-patch+json', '[{"op":"add","path":"/metadata/labels/a","value":"3"}]'],
      ['apply-patch+yaml', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"a":"4"}}}'],
    ]) {
      const headers = { 'content-type': `application/${type}` };
      const answer = await server.call('PATCH', `${pods}/a?fieldManager=m`, { body: patch, headers });
      expect({ type, status: answer.status, exact: answer.text.includes(says) }).toEqual({ type, status: 200, exact: true });
    }
    expect((await server.call('GET', `${pods}/a?pretty=true`)).text).toContain(`"tolerationSeconds": ${large}`);
    expect((await server.call('GET', `${pods}/a`, { headers: { accept: 'application/yaml' } })).text).toContain(
      `tolerationSeconds: ${large}`,
    );
    const { bytes } = await server.call('GET', `${pods}/a`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } });
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    expect((await server.call('PUT', `${pods}/a`, { body: bytes, headers })).text).toContain(says);
  });

  it('differ when they differ by one', async () => {
    const next = body('a', tolerations.replace(large, '9007199254740995'));
    expect((await server.call('PUT', `${pods}/a`, { body: next })).json).toMatchObject({ code: 422 }); // what is there may not be changed
  });

  it('are kept in values of any form', async () => {
    const revision = `{"metadata":{"name":"r"},"revision":${large},"data":{"n":[${large},1.5,-${large}]}}`;
    const { text } = await server.call('POST', '/apis/apps/v1/namespaces/default/controllerrevisions', { body: revision });
    expect(parseExact(text)).toMatchObject(parseExact(revision) as object);
    expect(text).toContain(`"n":[${large},1.5,-${large}]`);
  });

  it.each([
    [`"activeDeadlineSeconds":${large}`, 422, `Invalid value: ${large}: must be between`],
    [`"priority":${large}`, 400, `cannot unmarshal number ${large} into Go struct field PodSpec.spec.priority of type int32`],
    ['"activeDeadlineSeconds":9223372036854775808', 400, 'cannot unmarshal number 9223372036854775808 into Go'],
    [`"nodeName":${large}`, 400, 'cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string'],
  ])('are named as they came: %s', async (spec, status, words) => {
    const answer = await server.call('POST', pods, { body: body('b', spec) });
    expect({ status: answer.status, message: (answer.json as { message: string }).message }).toEqual({
      status,
      message: expect.stringContaining(words) as string,
    });
  });

  it('are quantities', async () => {
    const quota = `{"metadata":{"name":"q"},"spec":{"hard":{"pods":${large}}}}`;
    expect((await server.call('POST', '/api/v1/namespaces/default/resourcequotas', { body: quota })).text).toContain(`"pods":"${large}"`);
  });

  it('end with 64 bits in queries too', async () => {
    const { json } = await server.call('GET', `${pods}?limit=9223372036854775808`);
    expect(json).toMatchObject({ code: 400, message: 'strconv.ParseInt: parsing "9223372036854775808": value out of range' });
  });
});
