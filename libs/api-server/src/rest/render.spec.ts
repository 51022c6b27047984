import { parse } from 'yaml';
import { startTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
const maps = '/api/v1/namespaces/default/configmaps';
const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key-${i}`, `value ${i}: "quoted"`]));

beforeAll(async () => {
  server = await startTestServer();
  for (const [name, data] of [
    ['small', { a: 'b' }],
    ['large', { ...many, text: 'line\n'.repeat(50_000) }],
    ['other', { text: 'x'.repeat(900_000) }],
  ] as const) {
    await server.call('POST', maps, { body: { metadata: { name }, data } });
  }
});
afterAll(() => server.close());

describe('answers for people', () => {
  it.each(['/small', '/large', ''])('say in YAML what they say in JSON (%s)', async (path) => {
    const plain = await server.call('GET', maps + path);
    const yaml = await server.call('GET', maps + path, { headers: { accept: 'application/yaml' } });
    expect([plain.status, yaml.status, yaml.headers['content-type']]).toEqual([200, 200, 'application/yaml']);
    expect(parse(yaml.text)).toEqual(plain.json);
  });

  it.each(['/small', '/large', ''])('are the same on many lines (%s)', async (path) => {
    const plain = await server.call('GET', maps + path);
    const pretty = await server.call('GET', `${maps}${path}?pretty=true`);
    expect([pretty.status, pretty.headers['content-type']]).toEqual([200, 'application/json']);
    expect(pretty.text === `${JSON.stringify(plain.json, null, 2)}\n`).toBe(true);
  });
});
