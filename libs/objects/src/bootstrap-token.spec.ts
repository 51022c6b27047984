import type { Secret } from '#api/types';
import { bootstrapTokenOf, hasExpired, parseBootstrapToken } from './bootstrap-token.ts';

const now = new Date('2026-06-01T00:00:00Z');
const secret = (data: Record<string, string> = {}, changes: object = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'bootstrap.kubernetes.io/token',
  metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef' },
  data: Object.fromEntries(
    Object.entries({ 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', ...data }).map(([key, text]) => [key, btoa(text)]),
  ),
  ...changes,
});

describe('a bootstrap token', () => {
  it.each([
    ['abcdef.0123456789abcdef', true],
    ['abcdef.0123456789abcde', false],
    ['ABCDEF.0123456789abcdef', false],
    ['abcdef.0123456789abcdef\n', false],
    ['', false],
  ])('is written as %j: %s', (text, want) => expect(parseBootstrapToken(text) !== undefined).toBe(want));

  it.each<[string, Secret, object | undefined]>([
    [
      'says who holds it',
      secret(),
      { id: 'abcdef', secret: '0123456789abcdef', groups: ['system:bootstrappers'], forAuthentication: false },
    ],
    [
      'says what it is for',
      secret({ 'usage-bootstrap-authentication': 'true', 'usage-bootstrap-signing': 'yes' }),
      { forAuthentication: true, forSigning: false },
    ],
    [
      'gives more groups',
      secret({ 'auth-extra-groups': 'system:bootstrappers:b,system:bootstrappers:a' }),
      { groups: ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:b'] },
    ],
    ['of another type is none', secret({}, { type: 'Opaque' }), undefined],
    ['of another name is none', secret({ 'token-id': 'ghijkl' }), undefined],
    ['without its secret is none', secret({ 'token-secret': '' }), undefined],
  ])('%s', (_name, given, want) => {
    if (want) expect(bootstrapTokenOf(given)).toMatchObject(want);
    else expect(bootstrapTokenOf(given)).toBeUndefined();
  });

  it.each(['system:masters', 'system:bootstrappers:', 'system:bootstrappers:a,', 'system:bootstrappers:A'])('gives no group %j', (groups) =>
    expect(bootstrapTokenOf(secret({ 'auth-extra-groups': groups }))?.groups).toBeUndefined(),
  );

  it.each([
    ['', false],
    ['2026-06-01T00:00:01Z', false],
    ['2026-06-01T00:00:00Z', true],
    ['2026-06-01T02:00:01+02:00', false],
    ['tomorrow', true],
    ['2026-06-02', true],
  ])('that ends at %j is over: %s', (expiration, want) => expect(hasExpired(bootstrapTokenOf(secret({ expiration }))!, now)).toBe(want));
});
