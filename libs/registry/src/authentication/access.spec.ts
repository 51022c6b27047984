import { createPrivateKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import { createSigningKey, tokenKeys } from '#pki';
import { MemoryDriver } from '../drivers/memory-driver.ts';
import { accessSettings, openToAll } from '../settings/access.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';
import { Rights } from './rights.ts';
import { TokenAccess, type TokenPolicy } from './token-access.ts';
import { Tokens } from './tokens.ts';

const service = 'registry.test';
const users: Record<string, string> = { ann: 's3cret', bob: 'b0b' };
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const right = basic('ann:s3cret');
const digest = `sha256:${'a'.repeat(64)}`;
const clock = new ManualClock();
const keys = tokenKeys(createSigningKey());
const passwords = {
  accepts: async (user: string, password: string) => users[user] === password,
  userOf: async (header: string | undefined) => Object.keys(users).find((user) => header === basic(`${user}:${users[user]}`)),
  markOf: async (user: string) => users[user] && `mark of ${users[user]}`,
};
let policy: TokenPolicy;
let served: ServedRegistry;

const openPolicy: TokenPolicy = { rights: new Rights(openToAll), service };

beforeAll(async () => {
  const tokens = new Tokens(keys, { clock, random: systemRandom });
  served = await serveRegistry(new MemoryDriver(clock), clock, {
    access: new TokenAccess({ passwords, tokens, policy: async () => policy }),
  });
});
beforeEach(() => {
  policy = openPolicy;
});
afterAll(() => served.close());

function call(method: string, path: string, authorization?: string, body?: string | URLSearchParams): Promise<Response> {
  return fetch(`${served.url}${path}`, { method, headers: authorization === undefined ? {} : { authorization }, ...(body && { body }) });
}

interface TokenAnswer {
  token: string;
  access_token: string;
  expires_in: number;
  scope: string;
  refresh_token?: string;
}

async function ask(query: string, authorization?: string): Promise<TokenAnswer> {
  const response = await call('GET', `/v2/token?service=${service}&${query}`, authorization);
  expect(response.status).toBe(200);
  return (await response.json()) as TokenAnswer;
}

async function token(authorization?: string, ...scopes: string[]): Promise<string> {
  const wanted = scopes.length > 0 ? scopes : ['repository:a/b:pull,push,delete', 'registry:catalog:*'];
  const answer = await ask(wanted.map((scope) => `scope=${scope}`).join('&'), authorization);
  expect([answer.expires_in, answer.access_token]).toEqual([300, answer.token]);
  return answer.token;
}

/** Rules as they stand in the settings. */
function rules(...given: [to: string[], repositories: string[], actions: string[]][]): void {
  const settings = accessSettings(
    { groups: { team: ['bob'] }, rules: given.map(([to, repositories, actions]) => ({ to, repositories, actions })) },
    'access',
  );
  policy = { rights: new Rights(settings.rules, settings.groups), service };
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
  ['OPTIONS', '/v2/a/b/manifests/v1', 405],
] as const;

describe('where everybody reads and users write', () => {
  it.each(reads)('%s %s needs nothing, and takes what is right', async (method, path, status) => {
    expect((await call(method, path)).status).toBe(status);
    expect((await call(method, path, right)).status).toBe(status);
    expect((await call(method, path, `Bearer ${await token()}`)).status).toBe(status);
    expect((await call(method, path, `Bearer ${await token(right, 'repository:other:pull')}`)).status).toBe(status);
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
    expect(challenged.headers.get('www-authenticate')).toBe(`Bearer realm="${served.url}/v2/token",service="${service}"`);
    expect((await call('GET', '/v2/', right)).status).toBe(200);
    expect((await call('GET', '/v2/', `Bearer ${await token()}`)).status).toBe(200);
  });

  it.each([
    ['PUT', '/v2/a/b/manifests/v1', 'repository:a/b:pull,push'],
    ['DELETE', '/v2/a/b/manifests/v1', 'repository:a/b:delete'],
    ['POST', `/v2/a/b/blobs/uploads/?mount=${digest}&from=c/d`, 'repository:a/b:pull,push repository:c/d:pull'],
  ])('says what for, in the challenge of %s %s', async (method, path, scope) => {
    expect((await call(method, path)).headers.get('www-authenticate')).toContain(`scope="${scope}"`);
  });
});

it.each([
  ['a wrong password', basic('ann:wrong')],
  ['an unknown user', basic('eve:s3cret')],
  ['a user called __proto__', basic('__proto__:x')],
  ['no password', basic('ann')],
  ['another scheme', 'Negotiate abc'],
  ['nonsense', 'x'],
  ['nothing after Bearer', 'Bearer'],
  ['a made-up token', 'Bearer push.99999999999.abcd'],
])('refuses %s, for reading too', async (_what, authorization) => {
  for (const [method, path] of [['GET', '/v2/'], reads[0], reads[2], writes[0]] as const)
    expect((await call(method, path, authorization)).status).toBe(401);
  const { status, headers } = await call('GET', '/v2/token', authorization);
  expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="registry", charset="UTF-8"']);
});

describe('tokens', () => {
  it('are signed with ES256, and say what RFC 7519 and distribution want of them', async () => {
    const text = await token(right, 'repository:a/b:pull');
    expect(decodeProtectedHeader(text)).toEqual({ alg: 'ES256', typ: 'JWT', kid: keys.keyId });
    const { iat = 0, ...claims } = decodeJwt(text);
    expect(claims).toEqual({
      iss: 'berth-registry',
      aud: service,
      sub: 'ann',
      nbf: iat,
      exp: iat + 300,
      jti: expect.any(String),
      access: [{ type: 'repository', name: 'a/b', actions: ['pull'] }],
    });
  });

  it.each<[string, (claims: Record<string, unknown>) => { claims?: Record<string, unknown>; key?: string; typ?: string; alg?: string }]>([
    ['of another key', (claims) => ({ claims, key: createSigningKey() })],
    ['for another registry', (claims) => ({ claims: { ...claims, aud: 'other' } })],
    ['of another issuer', (claims) => ({ claims: { ...claims, iss: 'eve' } })],
    ['that has ended', (claims) => ({ claims: { ...claims, exp: Number(claims['iat']) - 1 } })],
    ['that never ends', (claims) => ({ claims: { ...claims, exp: undefined } })],
    ['that is not good yet', (claims) => ({ claims: { ...claims, nbf: Number(claims['iat']) + 100 } })],
    ['that is one to get tokens with', (claims) => ({ claims, typ: 'refresh+jwt' })],
  ])('%s are refused', async (_what, change) => {
    const good = await token(right);
    const { claims, key, typ = 'JWT' } = change(decodeJwt(good));
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ, kid: keys.keyId })
      .sign(key ? createPrivateKey(key) : keys.privateKey);
    const { status, headers } = await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${forged}`);
    expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    expect((await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${good}`)).status).toBe(202);
  });

  it('without a signature, or with the public key as an HMAC secret, are refused', async () => {
    const [header = '', payload = ''] = (await token(right)).split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
    const secret = keys.publicKey.export({ type: 'spki', format: 'pem' });
    const hmac = await new SignJWT(decodeJwt(`${header}.${payload}.x`))
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(Buffer.from(secret));
    for (const forged of [none, hmac]) expect((await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${forged}`)).status).toBe(401);
  });

  it('end, also for who has shown them before', async () => {
    const push = await token(right);
    expect((await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${push}`)).status).toBe(202);
    await clock.advance(301_000);
    const late = await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${push}`);
    expect([late.status, late.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('invalid_token')]);
  });

  it('are for the named registry alone', async () => {
    expect((await call('GET', '/v2/token?service=other', right)).status).toBe(400);
    expect((await call('GET', '/v2/token', right)).status).toBe(200);
  });
});

describe('rights by repository', () => {
  beforeEach(() =>
    rules(
      [['anonymous'], ['public/**'], ['pull']],
      [['users'], ['{user}/**'], ['pull', 'push', 'delete']],
      [['@team'], ['team/*'], ['pull', 'push']],
      [['ann'], ['team/*'], ['pull']],
    ),
  );

  it.each([
    [undefined, 'repository:public/x:pull,push', 'repository:public/x:pull'],
    [undefined, 'repository:ann/x:pull', ''],
    ['ann', 'repository:ann/x:pull,push', 'repository:ann/x:pull,push'],
    ['ann', 'repository:ann/x:*', 'repository:ann/x:pull,push,delete'],
    ['ann', 'repository:ann:pull', ''],
    ['ann', 'repository:bob/x:pull', ''],
    ['ann', 'repository:anne/x:pull', ''],
    ['ann', 'repository:team/x:pull,push', 'repository:team/x:pull'],
    ['bob', 'repository:team/x:pull,push,delete', 'repository:team/x:pull,push'],
    ['bob', 'repository:team/x/y:pull', ''],
    ['bob', 'repository:team/x:pull repository:public/y:pull', 'repository:team/x:pull repository:public/y:pull'],
    ['bob', 'repository(plugin):team/x:pull', 'repository:team/x:pull'],
    ['bob', 'repository:__proto__:pull', ''],
    ['bob', 'repository:team/../ann/x:pull', ''],
    ['bob', 'registry:catalog:*', 'registry:catalog:*'],
    ['bob', 'registry:everything:*', ''],
    ['bob', 'secret:x:pull', ''],
    ['bob', 'nonsense', ''],
  ])('%s asks for %s and is given %j', async (user, scope, given) => {
    const authorization = user && basic(`${user}:${users[user]}`);
    expect((await ask(`scope=${encodeURIComponent(scope)}`, authorization)).scope).toBe(given);
  });

  it('what a token was not asked for it does not give', async () => {
    const narrow = `Bearer ${await token(right, 'repository:ann/x:pull')}`;
    expect((await call('GET', '/v2/ann/x/tags/list', narrow)).status).toBe(404);
    expect((await call('GET', '/v2/ann/y/tags/list', narrow)).status).toBe(401);
    expect((await call('POST', '/v2/ann/x/blobs/uploads/', narrow)).status).toBe(401);
  });

  it('a right that is taken away counts at once, for tokens too', async () => {
    const push = `Bearer ${await token(right, 'repository:ann/x:pull,push')}`;
    expect((await call('POST', '/v2/ann/x/blobs/uploads/', push)).status).toBe(202);
    rules([['users'], ['{user}/**'], ['pull']]);
    expect((await call('POST', '/v2/ann/x/blobs/uploads/', push)).status).toBe(401);
  });

  it('with a password there is nothing more to show: 403 with Docker’s words', async () => {
    const reply = await call('GET', '/v2/bob/x/tags/list', right);
    expect([reply.status, await reply.json()]).toEqual([
      403,
      {
        errors: [
          {
            code: 'DENIED',
            message: 'requested access to the resource is denied',
            detail: [{ Type: 'repository', Name: 'bob/x', Action: 'pull' }],
          },
        ],
      },
    ]);
  });

  it('a mount needs to read its source, and says nothing about what one may not read', async () => {
    const content = 'secret layer';
    const secret = `sha256:${Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(content))).toString('hex')}`;
    expect((await call('POST', `/v2/bob/x/blobs/uploads/?digest=${secret}`, basic('bob:b0b'), content)).status).toBe(201);
    const mount = (authorization: string): Promise<Response> =>
      call('POST', `/v2/ann/x/blobs/uploads/?mount=${secret}&from=bob/x`, authorization);
    expect((await mount(right)).status).toBe(202);
    expect((await mount(`Bearer ${await token(right, 'repository:ann/x:pull,push', 'repository:bob/x:pull')}`)).status).toBe(202);
    expect((await call('HEAD', `/v2/ann/x/blobs/${secret}`, right)).status).toBe(404);
    rules([['ann'], ['ann/*', 'bob/*'], ['pull', 'push']]);
    expect((await mount(`Bearer ${await token(right, 'repository:ann/x:pull,push')}`)).status).toBe(202);
    expect((await mount(`Bearer ${await token(right, 'repository:ann/x:pull,push', 'repository:bob/x:pull')}`)).status).toBe(201);
  });

  it('the catalogue has what one may pull', async () => {
    rules([['users'], ['**'], ['pull', 'push']]);
    for (const name of ['ann/x', 'bob/x', 'public/x', 'team/x'])
      await call(
        'POST',
        `/v2/${name}/blobs/uploads/?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
        right,
      );
    rules([['anonymous'], ['public/*'], ['pull']], [['users'], ['{user}/*'], ['pull']]);
    const seen = async (authorization?: string): Promise<unknown> =>
      (await (await call('GET', '/v2/_catalog', authorization)).json()) as unknown;
    expect(await seen()).toEqual({ repositories: ['public/x'] });
    expect(await seen(right)).toEqual({ repositories: ['ann/x', 'public/x'] });
    expect(await seen(`Bearer ${await token(right, 'registry:catalog:*')}`)).toEqual({ repositories: ['ann/x', 'public/x'] });
    expect(await seen(`Bearer ${await token(right, 'repository:ann/x:pull')}`)).toEqual({ repositories: ['public/x'] });
    rules([['users'], ['{user}/*'], ['pull']]);
    expect((await call('GET', '/v2/_catalog')).status).toBe(401);
    expect((await call('GET', '/v2/_catalog', `Bearer ${await token(right, 'repository:ann/x:pull')}`)).status).toBe(401);
  });

  it('nobody is given a token without a password where nothing is open', async () => {
    rules([['users'], ['**'], ['pull']]);
    expect((await call('GET', '/v2/token')).status).toBe(401);
  });
});

describe('the form of OAuth2', () => {
  const post = (fields: Record<string, string>): Promise<Response> =>
    call('POST', '/v2/token', undefined, new URLSearchParams({ service, client_id: 'docker', ...fields }));
  const password = { grant_type: 'password', username: 'ann', password: 's3cret', scope: 'repository:a/b:pull,push' };

  it('gives a token for a password, and one without end where it is asked for', async () => {
    const plain = (await (await post(password)).json()) as TokenAnswer;
    expect([plain.scope, plain.refresh_token]).toEqual(['repository:a/b:pull,push', undefined]);
    expect((await call('POST', '/v2/a/b/blobs/uploads/', `Bearer ${plain.access_token}`)).status).toBe(202);
    const { refresh_token: refresh = '' } = (await (await post({ ...password, access_type: 'offline' })).json()) as TokenAnswer;
    const again = (await (
      await post({ grant_type: 'refresh_token', refresh_token: refresh, scope: 'repository:c:pull' })
    ).json()) as TokenAnswer;
    expect([again.scope, decodeJwt(again.token).sub]).toEqual(['repository:c:pull', 'ann']);
    expect((await call('GET', '/v2/', `Bearer ${refresh}`)).status).toBe(401);
    expect((await post({ grant_type: 'refresh_token', refresh_token: again.token })).status).toBe(401);
    expect((await ask('offline_token=true', right)).refresh_token).toEqual(expect.any(String));
    expect((await ask('offline_token=true')).refresh_token).toBeUndefined();
  });

  it('takes what is without end until the password changes', async () => {
    const { refresh_token: refresh = '' } = await ask('offline_token=true', basic('bob:b0b'));
    const get = (): Promise<Response> => post({ grant_type: 'refresh_token', refresh_token: refresh });
    expect((await get()).status).toBe(200);
    await clock.advance(400 * 24 * 3_600_000);
    expect((await get()).status).toBe(200);
    users['bob'] = 'another';
    expect((await get()).status).toBe(401);
    users['bob'] = 'b0b';
  });

  it.each<[string, () => Promise<Response>, number]>([
    ['a wrong password', () => post({ ...password, password: 'x' }), 401],
    ['no password', () => post({ grant_type: 'password', username: 'ann' }), 400],
    ['an unknown grant', () => post({ grant_type: 'client_credentials' }), 400],
    ['no form', () => call('POST', '/v2/token', undefined, '{}'), 400],
    ['a form without end', () => post({ ...password, scope: 'x'.repeat(70_000) }), 413],
    ['another method', () => call('DELETE', '/v2/token'), 405],
  ])('refuses %s', async (_what, request, status) => {
    expect((await request()).status).toBe(status);
  });
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
  policy = { ...openPolicy, realm: new URL('https://registry.example/v2/token') };
  expect(await challenge('x')).toContain('realm="https://registry.example/v2/token"');
});
