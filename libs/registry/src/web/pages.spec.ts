import { createHash } from 'node:crypto';
import { ManualClock } from '#base/testing';
import { createSigningKey, tokenKeys } from '#pki';
import { systemRandom } from '#base';
import { Rights } from '../authentication/rights.ts';
import { TokenAccess } from '../authentication/token-access.ts';
import { Tokens } from '../authentication/tokens.ts';
import { MemoryDriver } from '../drivers/memory-driver.ts';
import { accessSettings } from '../settings/access.ts';
import { serveRegistry, type ServedRegistry } from '../testing.ts';
import { html, sizeText } from './html.ts';

const sha256 = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const clock = new ManualClock();
const ann = `Basic ${btoa('ann:s3cret')}`;
let served: ServedRegistry;

beforeAll(async () => {
  const { rules } = accessSettings(
    {
      rules: [
        { to: ['anonymous'], repositories: ['public/**'], actions: ['pull'] },
        { to: ['ann'], repositories: ['**'], actions: ['pull', 'push'] },
      ],
    },
    'x',
  );
  const passwords = {
    accepts: async () => false,
    markOf: async () => undefined,
    userOf: async (header: string | undefined) => (header === ann ? 'ann' : undefined),
  };
  const tokens = new Tokens(tokenKeys(createSigningKey()), { clock, random: systemRandom });
  const access = new TokenAccess({ passwords, tokens, policy: async () => ({ rights: new Rights(rules), service: 'x' }) });
  served = await serveRegistry(new MemoryDriver(clock), clock, { access });
  for (const name of ['public/app', 'secret/app']) await pushImage(name);
});
afterAll(() => served.close());

const call = (path: string, authorization?: string, method = 'GET'): Promise<Response> =>
  fetch(`${served.url}${path}`, { method, redirect: 'manual', headers: authorization === undefined ? {} : { authorization } });

async function send(path: string, method: string, body: string, type: string): Promise<void> {
  const reply = await fetch(`${served.url}/v2/${path}`, { method, body, headers: { authorization: ann, 'content-type': type } });
  if (reply.status !== 201) throw new Error(`${path}: ${reply.status}`);
}

async function pushImage(name: string): Promise<void> {
  const contents = ['config', 'x'.repeat(2048), 'y'.repeat(3 * 1024 * 1024)];
  for (const content of contents)
    await send(`${name}/blobs/uploads/?digest=${sha256(content)}`, 'POST', content, 'application/octet-stream');
  const [config, ...layers] = contents.map((content, i) => ({
    mediaType: i === 0 ? 'config' : '<script>alert(1)</script>',
    digest: sha256(content),
    size: content.length,
  }));
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers });
  await send(`${name}/manifests/v1`, 'PUT', manifest, mediaType);
  const platform = { os: 'linux', architecture: '"><img src=x>' };
  const manifests = [
    { mediaType, digest: sha256(manifest), size: manifest.length, platform },
    { mediaType, digest: sha256(manifest), size: 1, platform: 7 },
  ];
  await send(`${name}/manifests/multi`, 'PUT', JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }), indexType);
}

it('lists what one may pull, and offers to sign in', async () => {
  const nobody = await (await call('/ui/')).text();
  expect(nobody).toContain('<a href="/ui/r/public/app">public/app</a>');
  expect(nobody).toContain('<a href="/ui/login">Sign in</a>');
  expect(nobody).not.toContain('secret');
  const signedIn = await (await call('/ui/', ann)).text();
  expect(signedIn).toContain('secret/app');
  expect(signedIn).toContain('Signed in as ann');
});

it('shows tags with digests, layers and sizes, and the sum in which shared layers count once', async () => {
  const page = await (await call('/ui/r/public/app')).text();
  expect(page).toContain('<caption>Tags: 2</caption>');
  expect(page).toMatch(/<a href="\/ui\/r\/public\/app\/-\/v1">v1<\/a>[\s\S]*<td class="size">2<\/td><td class="size">3\.0 MiB<\/td>/);
  expect(page).toContain('What these tags lead to takes 3.0 MiB');
});

it('shows the layers of an image, and the images of an index', async () => {
  const image = await (await call('/ui/r/public/app/-/v1')).text();
  expect(image).toContain('Layers: 2, the lowest first');
  expect(image).toContain(sha256('x'.repeat(2048)));
  expect(image).toContain('<td class="size">2.0 KiB</td>');
  const index = await (await call('/ui/r/public/app/-/multi')).text();
  expect(index).toContain('linux/&quot;&gt;&lt;img src=x&gt;');
  expect(index).toContain('unknown');
});

it('shows what others have pushed as text', async () => {
  const page = await (await call('/ui/r/public/app/-/v1')).text();
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script');
  expect(html`${'<b>'}${'"\'&'}`.text).toBe('&lt;b&gt;&quot;&#39;&amp;');
});

it.each(['/ui/', '/ui/r/public/app', '/ui/style.css', '/ui/r/public/none', '/'])('allows %s nothing but its own style', async (path) => {
  const { headers } = await call(path);
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  expect([headers.get('x-content-type-options'), headers.get('referrer-policy'), headers.get('cache-control')]).toEqual([
    'nosniff',
    'no-referrer',
    'no-store',
  ]);
});

it.each([
  ['/', undefined, 303],
  ['/ui', undefined, 303],
  ['/ui/login', undefined, 401],
  ['/ui/login', ann, 303],
  ['/ui/r/secret/app', undefined, 401],
  ['/ui/r/secret/app/-/v1', undefined, 401],
  ['/ui/r/secret/app', ann, 200],
  ['/ui/r/public/none', undefined, 404],
  ['/ui/r/public/app/-/none', undefined, 404],
  ['/ui/r/public/app/-/..%2f..%2fx', undefined, 404],
  ['/ui/r/Not-A-Name', ann, 400],
  ['/ui/r/..%2f..%2fetc', ann, 400],
  ['/ui/nothing', undefined, 404],
])('%s with %s is %d', async (path, authorization, status) => {
  const reply = await call(path, authorization);
  expect(reply.status).toBe(status);
  if (status === 401) expect(reply.headers.get('www-authenticate')).toMatch(/^Basic /);
});

it('reads only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) expect((await call('/ui/', ann, method)).status).toBe(405);
  expect(await (await call('/ui/', undefined, 'HEAD')).text()).toBe('');
});

it('is for keyboards and readers too: a language, a title, one heading, tables with captions and scopes, a way past the links', async () => {
  for (const path of ['/ui/', '/ui/r/public/app', '/ui/r/public/app/-/v1']) {
    const page = await (await call(path)).text();
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toMatch(/<title>[^<]+<\/title>/);
    expect([...page.matchAll(/<h1>/g)].length).toBe(1);
    expect(page).toContain('<a class="skip" href="#content">');
    expect(page).toContain('aria-current="page"');
    const tables = [...page.matchAll(/<table>([\s\S]*?)<\/table>/g)].map(([, inner]) => inner!);
    expect(tables.length).toBeGreaterThan(0);
    for (const inner of tables)
      expect([inner.startsWith('<caption>'), inner.includes('<th scope="col">'), inner.includes('<th scope="row">')]).toEqual([
        true,
        true,
        true,
      ]);
  }
});

it.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.0 KiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
  [2 ** 50, '1024.0 TiB'],
])('%d is %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
