import { endpointsOf, parseMirror } from './endpoints.ts';
import { parseChallenges } from './challenge.ts';
import { nameOf, parseReference } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;

describe('references', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['bitnami/redis', 'docker.io/bitnami/redis:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['registry.berth.local:5000/team/app:v1', 'registry.berth.local:5000/team/app:v1'],
    ['quay.io/a/b/c', 'quay.io/a/b/c:latest'],
    ['127.0.0.1:5000/x', '127.0.0.1:5000/x:latest'],
    ['[::1]:5000/x:y', '[::1]:5000/x:y'],
    ['a/b_c/d-e.f', 'docker.io/a/b_c/d-e.f:latest'],
    [`app@${digest}`, 'docker.io/library/app'],
    [`app:v1@${digest}`, 'docker.io/library/app:v1'],
  ])('%s is %s', (text, name) => {
    expect(nameOf(parseReference(text))).toBe(name);
  });

  it('keeps the digest beside the tag', () => {
    expect(parseReference(`app:v1@${digest}`)).toEqual({ host: 'docker.io', repository: 'library/app', tag: 'v1', digest });
  });

  it.each([
    '',
    ':',
    'a:',
    '@',
    'App',
    'a//b',
    '/a',
    'a/',
    'a b',
    'a:b c',
    'a@sha256:123',
    `a@${digest}@${digest}`,
    'a..b',
    '-a',
    'host:port:x/a',
    `a:${'t'.repeat(129)}`,
    'a/B',
  ])('refuses %p', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'invalid-image-name' }));
  });
});

describe('endpoints', () => {
  const mirrors = new Map([
    ['localhost:5000', 'http://10.89.0.1:5000'],
    ['registry.berth.local:5000', 'http://10.89.0.1:5000'],
    ['docker.io', 'https://mirror.example'],
  ]);
  it.each([
    ['docker.io', ['https://mirror.example', 'https://registry-1.docker.io']],
    ['localhost:5000', ['http://10.89.0.1:5000']],
    ['registry.berth.local:5000', ['http://10.89.0.1:5000']],
    ['quay.io', ['https://quay.io']],
    ['127.0.0.1:5000', ['http://127.0.0.1:5000']],
    ['localhost', ['http://localhost']],
  ])('of %s are %p', (host, urls) => {
    expect(endpointsOf(host, mirrors).map(({ url }) => url)).toEqual(urls);
  });

  it('mirrors are HOST=URL', () => {
    expect(parseMirror('a:5000=http://b/')).toEqual(['a:5000', 'http://b']);
    for (const text of ['a', '=http://b', 'a=b', 'a=ftp://b']) expect(() => parseMirror(text)).toThrow('expected HOST=URL');
  });
});

describe('challenges', () => {
  it.each([
    ['Bearer realm="https://a/token",service="s",scope="repository:x:pull,push"', 'bearer', 'repository:x:pull,push'],
    ['Basic realm="x", Bearer realm="https://a", scope="y"', 'bearer', 'y'],
    ['basic realm=plain', 'basic', undefined],
  ])('%s', (header, scheme, scope) => {
    const challenge = parseChallenges(header);
    expect([challenge?.scheme, challenge?.parameters.get('scope')]).toEqual([scheme, scope]);
  });

  it('that we cannot answer are none', () => {
    expect([parseChallenges(undefined), parseChallenges('Negotiate abc')]).toEqual([undefined, undefined]);
  });
});
