import type { Secret } from '#api/types';
import { credentialsFor } from './pull-credentials.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (data: Record<string, string>): Secret => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data });
const login = { username: 'u', password: 'p' };
const config = (...keys: string[]): Secret =>
  secret({ '.dockerconfigjson': base64(JSON.stringify({ auths: Object.fromEntries(keys.map((key) => [key, login])) })) });

describe('credentials for an image', () => {
  // Kubernetes, "Interpretation of config.json"
  it.each([
    ['reg.io', 'reg.io/a', true],
    ['reg.io', 'other.io/a', false],
    ['reg.io', 'sub.reg.io/a', false],
    ['https://reg.io', 'reg.io/a', true],
    ['https://reg.io/v1/', 'reg.io/a', true],
    ['reg.io:5000', 'reg.io:5000/a', true],
    ['reg.io', 'reg.io:5000/a', false],
    ['localhost:5000', 'localhost:5000/a', true],
    ['*.reg.io', 'sub.reg.io/a', true],
    ['*.reg.io', 'reg.io/a', false],
    ['*.reg.io', 'a.b.reg.io/a', false],
    ['*.*.io', 'sub.reg.io/a', true],
    ['pre*.reg.io', 'prefix.reg.io/a', true],
    ['pre*.reg.io', 'other.reg.io/a', false],
    ['*fix.reg.io', 'prefix.reg.io/a', true],
    ['?.reg.io', 'a.reg.io/a', true],
    ['?.reg.io', 'ab.reg.io/a', false],
    ['[a-c].reg.io', 'b.reg.io/a', true],
    ['[a-c].reg.io', 'd.reg.io/a', false],
    ['[^a-c].reg.io', 'd.reg.io/a', true],
    ['[a-c', '[a-c/a', false],
    ['reg.io/team', 'reg.io/team/a', true],
    ['reg.io/team', 'reg.io/other/a', false],
    ['https://index.docker.io/v1/', 'busybox', true],
    ['https://index.docker.io/v1/', 'library/busybox', true],
    ['reg.io', 'busybox', false],
  ])('of %s serve %s: %p', (key, image, serves) => expect(credentialsFor(config(key), image)).toEqual(serves ? [login] : []));

  it.each([
    ['a name and a password', { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'reg.io': login } })) }, [login]],
    [
      'both in one',
      { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'reg.io': { auth: base64('u:p:q') } } })) },
      [{ username: 'u', password: 'p:q' }],
    ],
    [
      'a token that docker login was given',
      { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'reg.io': { auth: base64('u:'), identitytoken: 'long' } } })) },
      [{ username: '', password: 'long' }],
    ],
    ['nothing that can be read', { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'reg.io': { auth: base64('u') } } })) }, []],
    ['the older form', { '.dockercfg': base64(JSON.stringify({ 'reg.io': login })) }, [login]],
    ['no JSON', { '.dockerconfigjson': base64('{') }, []],
    ['nothing', {}, []],
  ])('are read from %s', (_what, data, want) => expect(credentialsFor(secret(data as Record<string, string>), 'reg.io/a')).toEqual(want));

  it('are all that fit, in their order', () => expect(credentialsFor(config('reg.io', '*.io', 'no.io'), 'reg.io/a')).toHaveLength(2));
});
