import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import { ManualClock, seededRandom } from '#base/testing';
import { signLegacyToken, tokenKeys } from '#pki';
import { createServiceAccountTokens, injectedTokenSeconds, type ServiceAccountTokens } from './service-account-tokens.ts';

const keyPem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const issuer = 'https://kubernetes.default.svc.cluster.local';
const object = (kind: string, namespace: string, name: string, extra: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { namespace: namespace || undefined, name, uid: `${kind}-uid` }, ...extra }) as KubeObject;

const account = object('ServiceAccount', 'dev', 'app');
const pod = object('Pod', 'dev', 'p', { spec: { nodeName: 'n1' } });
const request = { namespace: 'dev', name: 'app', uid: 'ServiceAccount-uid', audiences: [], expirationSeconds: 3600 };

describe('service-account tokens', () => {
  let clock: ManualClock;
  let view: FakeView;
  let tokens: ServiceAccountTokens;
  beforeEach(() => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    view = new FakeView(account, pod, object('Node', '', 'n1'));
    tokens = createServiceAccountTokens({ keyPem, issuer, view, clock, random: seededRandom(1) });
  });
  const bound = { ...request, bound: { kind: 'Pod', name: 'p', uid: 'Pod-uid' } };

  describe('in a Secret', () => {
    const holding = (token: string, metadata: object = {}): KubeObject => {
      const secret = object('Secret', 'dev', 'app-token', { data: { token: Buffer.from(token).toString('base64') } });
      return { ...secret, metadata: { ...secret.metadata, ...metadata } };
    };
    const signed = () =>
      signLegacyToken(tokenKeys(keyPem), { namespace: 'dev', secret: 'app-token', account: { name: 'app', uid: 'ServiceAccount-uid' } });

    it('have no end, and say who their holder is', async () => {
      const token = await signed();
      view.put(holding(token));
      await clock.advance(10 * 365 * 24 * 3600 * 1000);
      expect(await tokens.review(token, [])).toEqual({
        audiences: [issuer],
        user: {
          username: 'system:serviceaccount:dev:app',
          uid: 'ServiceAccount-uid',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
          extra: {},
        },
      });
      expect(await tokens.review(token, ['db'])).toBeUndefined();
    });

    it.each<[string, (token: string) => void]>([
      ['there is none', () => {}],
      ['it holds another token', () => view.put(holding('other'))],
      ['it is being deleted', (token) => view.put(holding(token, { deletionTimestamp: '2026-01-01T00:00:00Z' }))],
      [
        'it was found unused',
        (token) => view.put(holding(token, { labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } })),
      ],
      [
        'its account is gone',
        (token) => {
          view.put(holding(token));
          view.remove(account);
        },
      ],
    ])('are void when %s', async (_when, happens) => {
      const token = await signed();
      happens(token);
      expect(await tokens.review(token, [])).toBeUndefined();
    });
  });

  it('carry the claims that clients know', async () => {
    const { token, expires } = await tokens.issue(bound);
    expect(expires.toISOString()).toBe('2026-01-01T01:00:00.000Z');
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    expect(decodeJwt(token)).toMatchObject({
      iss: issuer,
      sub: 'system:serviceaccount:dev:app',
      aud: [issuer],
      jti: expect.any(String),
      'kubernetes.io': {
        namespace: 'dev',
        serviceaccount: { name: 'app', uid: 'ServiceAccount-uid' },
        pod: { name: 'p', uid: 'Pod-uid' },
        node: { name: 'n1', uid: 'Node-uid' },
      },
    });
  });

  it('say who their holder is', async () => {
    const { token } = await tokens.issue(bound);
    expect(await tokens.review(token, [])).toMatchObject({
      audiences: [issuer],
      user: {
        username: 'system:serviceaccount:dev:app',
        uid: 'ServiceAccount-uid',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/node-name': ['n1'] },
      },
    });
  });

  it.each<[string, (token: string) => string | void | Promise<void>]>([
    ['expired', () => clock.advance(3_600_001)],
    ['forged', (token) => `${token.slice(0, -4)}AAAA`],
    ['no token', () => 'abc'],
    ['of a deleted account', () => view.remove(account)],
    ['of an account made anew', () => view.put({ ...account, metadata: { ...account.metadata, uid: 'other' } })],
    ['of a deleted pod', () => view.remove(pod)],
  ])('are refused when %s', async (_why, spoil) => {
    const { token } = await tokens.issue(bound);
    expect(await tokens.review(token, [])).toBeDefined();
    const spoiled = (await spoil(token)) ?? token;
    expect(await tokens.review(spoiled, [])).toBeUndefined();
  });

  it('hold for their audiences only', async () => {
    const { token } = await tokens.issue({ ...request, audiences: ['vault', 'db'] });
    expect(await tokens.review(token, [])).toBeUndefined();
    expect((await tokens.review(token, ['db', 'x']))?.audiences).toEqual(['db']);
  });

  it('of another key are refused', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const foreign = createServiceAccountTokens({ keyPem: other, issuer, view, clock, random: seededRandom(1) });
    const { token } = await foreign.issue(request);
    expect(decodeProtectedHeader(token).alg).toBe('RS256');
    expect(await foreign.review(token, [])).toBeDefined();
    expect(await tokens.review(token, [])).toBeUndefined();
  });

  it('that every pod gets live for a year but say that they end sooner', async () => {
    const { token, expires } = await tokens.issue({ ...bound, expirationSeconds: injectedTokenSeconds });
    const { exp = 0, iat = 0 } = decodeJwt(token);
    expect(exp - iat).toBe(365 * 24 * 3600);
    expect(expires.getTime() / 1000 - iat).toBe(injectedTokenSeconds);
  });

  it('can be checked by others', async () => {
    expect(await tokens.jwks()).toMatchObject({ keys: [{ kty: 'EC', alg: 'ES256', use: 'sig' }] });
    expect(tokens.discovery('https://x:6443')).toMatchObject({ issuer, jwks_uri: 'https://x:6443/openid/v1/jwks' });
  });
});
