import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { serveRegistry, type ServedRegistry } from '../testing.ts';
import { PasswordForWrites } from './access.ts';

/** Everybody reads, users write: with every way in which clients show who they are. */
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const right = basic('ann:s3cret');
const accepts = async (authorization: string | undefined): Promise<boolean> => authorization === right;
const digest = `sha256:${'a'.repeat(64)}`;
const clock = new ManualClock();
let directory: string;
let served: ServedRegistry;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-access-'));
  served = await serveRegistry(directory, clock, new PasswordForWrites(accepts, clock, systemRandom));
});
afterAll(async () => {
  await served.close();
  await rm(directory, { recursive: true });
});

function call(method: string, path: string, authorization?: string): Promise<Response> {
  return fetch(`${served.url}${path}`, { method, headers: authorization === undefined ? {} : { authorization } });
}

async function token(authorization?: string): Promise<string> {
  const response = await call('GET', `/v2/token?service=${served.host}&scope=repository:a/b:pull,push`, authorization);
  const answer = (await response.json()) as { token: string; access_token: string; expires_in: number };
  expect([response.status, answer.expires_in, answer.access_token]).toEqual([200, 300, answer.token]);
  return answer.token;
}

const reads = [
  ['GET', '/v2/_catalog', 200],
  ['GET', '/v2/a/b/tags/list', 404],
  ['GET', '/v2/a/b/manifests/v1', 404],
  ['HEAD', '/v2/a/b/manifests/v1', 404],
  ['GET', `/v2/a/b/blobs/${digest}`, 404],
  ['HEAD', `/v2/a/b/blobs/${digest}`, 404],
  ['GET', `/v2/a/b/referrers/${digest}`, 200],
] as const;

/** With what a right password is answered. */
const writes = [
  ['POST', '/v2/a/b/blobs/uploads/', 202],
  ['POST', `/v2/a/b/blobs/uploads/?mount=${digest}&from=c`, 202],
  ['POST', `/v2/a/b/blobs/uploads/?digest=${digest}`, 400],
  ['GET', '/v2/a/b/blobs/uploads/x', 404],
  ['PATCH', '/v2/a/b/blobs/uploads/x', 404],
  ['PUT', `/v2/a/b/blobs/uploads/x?digest=${digest}`, 404],
  ['DELETE', '/v2/a/b/blobs/uploads/x', 404],
  ['PUT', '/v2/a/b/manifests/v1', 400],
  ['DELETE', '/v2/a/b/manifests/v1', 404],
  ['DELETE', `/v2/a/b/blobs/${digest}`, 404],
  ['POST', '/v2/_catalog', 405],
  ['OPTIONS', '/v2/a/b/manifests/v1', 405],
] as const;

it.each(reads)('%s %s needs nothing, and takes what is right', async (method, path, status) => {
  expect((await call(method, path)).status).toBe(status);
  expect((await call(method, path, right)).status).toBe(status);
  expect((await call(method, path, `Bearer ${await token()}`)).status).toBe(status);
});

it.each(writes)('%s %s needs a password, or a token that was given for one', async (method, path, status) => {
  const refused = await call(method, path);
  expect(refused.status).toBe(401);
  if (method !== 'OPTIONS') expect(await refused.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  expect((await call(method, path, right)).status).toBe(status);
  expect((await call(method, path, `Bearer ${await token(right)}`)).status).toBe(status);
  const anonymous = await call(method, path, `Bearer ${await token()}`);
  expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('insufficient_scope')]);
});

it('challenges the bare /v2/, where docker decides whether it shows credentials at all', async () => {
  const challenged = await call('GET', '/v2/');
  expect(challenged.status).toBe(401);
  expect(challenged.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  expect(challenged.headers.get('www-authenticate')).toBe(`Bearer realm="${served.url}/v2/token",service="${served.host}"`);
  expect((await call('GET', '/v2/', right)).status).toBe(200);
  expect((await call('GET', '/v2/', `Bearer ${await token()}`)).status).toBe(200);
});

it('says what for, in the challenge of a push and of a deletion', async () => {
  const scope = async (method: string): Promise<string | null> =>
    (await call(method, '/v2/a/b/manifests/v1')).headers.get('www-authenticate');
  expect(await scope('PUT')).toContain('scope="repository:a/b:pull,push"');
  expect(await scope('DELETE')).toContain('scope="repository:a/b:delete"');
});

it.each([
  ['a wrong password', basic('ann:wrong')],
  ['an unknown user', basic('bob:s3cret')],
  ['no password', basic('ann')],
  ['another scheme', 'Negotiate abc'],
  ['nonsense', 'x'],
  ['nothing after Bearer', 'Bearer'],
  ['a made-up token', 'Bearer push.99999999999.abcd'],
])('refuses %s, for reading too', async (_what, authorization) => {
  for (const [method, path] of [['GET', '/v2/'], reads[0], reads[2], writes[0]] as const)
    expect((await call(method, path, authorization)).status).toBe(401);
});

it('gives no token for a wrong password, and none to POST', async () => {
  const wrong = await call('GET', '/v2/token', basic('ann:wrong'));
  expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="registry", charset="UTF-8"']);
  expect((await call('POST', '/v2/token', right)).status).toBe(405);
});

it('takes no token whose grant or end was changed, and none that has ended', async () => {
  const pull = await token();
  const push = await token(right);
  const [, , signature] = pull.split('.');
  const until = push.split('.')[1];
  for (const forged of [`push.${until}.${signature}`, `push.99999999999.${push.split('.')[2]}`, push.slice(0, -2)])
    expect((await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${forged}`)).status).toBe(401);
  await clock.advance(301_000);
  const late = await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${push}`);
  expect([late.status, late.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('invalid_token')]);
});

it('names itself as the client named it, and never what no host is called', async () => {
  const { host } = served;
  const challenge = async (name: string): Promise<string> => {
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const asked = request(`${served.url}/v2/`, { headers: { host: name } }, (response) => {
        response.resume();
        resolve(String(response.headers['www-authenticate']));
      });
      asked.on('error', reject).end();
    });
  };
  expect(await challenge('registry.berth.local:5000')).toContain('realm="http://registry.berth.local:5000/v2/token"');
  expect(await challenge('x",realm="http://evil')).toContain(`realm="http://${host}/v2/token"`);
});
