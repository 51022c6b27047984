import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import { ManualClock } from '#base/testing';
import { withBootstrapTokens } from './bootstrap-tokens.ts';

const issuer = 'https://kubernetes.default.svc';
const token = 'abcdef.0123456789abcdef';
const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' };
const secret = (data: Record<string, string> = {}, metadata: object = {}, type = 'bootstrap.kubernetes.io/token'): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef', ...metadata },
    data: Object.fromEntries(Object.entries({ ...good, ...data }).map(([key, text]) => [key, btoa(text)])),
  }) as KubeObject;

function review(shown: string, kept: KubeObject, audiences: string[] = []) {
  const clock = new ManualClock(new Date('2026-06-01T00:00:00Z'));
  const others = async () => ({ user: { username: 'other', groups: [] }, audiences: [] });
  return withBootstrapTokens(others, { view: new FakeView(kept), clock, issuer })(shown, audiences);
}

describe('bootstrap tokens', () => {
  it('are held by users of their own', async () => {
    expect(await review(token, secret({ 'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token' }))).toEqual({
      user: {
        username: 'system:bootstrap:abcdef',
        groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'],
      },
      audiences: [issuer],
    });
  });

  it.each<[string, KubeObject, string?]>([
    ['with another secret', secret(), 'abcdef.0123456789abcdeX'],
    ['with another secret of the right form', secret(), 'abcdef.0123456789abcde0'],
    ['of another id', secret(), 'ghijkl.0123456789abcdef'],
    ['whose secret is longer', secret({ 'token-secret': '0123456789abcdef0' })],
    ['that are over', secret({ expiration: '2026-05-31T23:59:59Z' })],
    ['that are for signing', secret({ 'usage-bootstrap-authentication': 'false', 'usage-bootstrap-signing': 'true' })],
    ['that give groups which they may not', secret({ 'auth-extra-groups': 'system:masters' })],
    ['that are being deleted', secret({}, { deletionTimestamp: '2026-05-31T00:00:00Z' })],
    ['of another namespace', secret({}, { namespace: 'default' })],
    ['of another type', secret({}, {}, 'Opaque')],
    ['of another name', secret({}, { name: 'bootstrap-token-ghijkl' })],
  ])('%s are asked of others', async (_name, kept, shown = token) => {
    expect((await review(shown, kept))?.user.username).toBe('other');
  });

  it('are for the API alone', async () => {
    expect((await review(token, secret(), [issuer, 'x']))?.audiences).toEqual([issuer]);
    expect(await review(token, secret(), ['x'])).toBeUndefined();
  });
});
