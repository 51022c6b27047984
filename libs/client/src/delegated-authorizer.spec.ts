import { ManualClock } from '#base/testing';
import { resources } from '#objects';
import { delegatedAuthorizer } from './delegated-authorizer.ts';
import { FakeApi } from './testing/fake-api.ts';

interface Review {
  apiVersion: string;
  kind: string;
  metadata: object;
  spec: { token?: string; user?: string; groups?: string[]; nonResourceAttributes?: { path: string; verb: string } };
}

function setUp() {
  const api = new FakeApi();
  const clock = new ManualClock();
  api.answer<Review>(resources.tokenReviews, (review) => {
    const ok = review.spec.token === 'good' || review.spec.token === 'poor';
    return { ...review, status: { authenticated: ok, ...(ok && { user: { username: review.spec.token, groups: ['g'] } }) } };
  });
  api.answer<Review>(resources.subjectAccessReviews, (review) => {
    const { user, groups, nonResourceAttributes } = review.spec;
    const allowed = nonResourceAttributes?.path === '/metrics' && (user === 'good' || groups?.includes('watchers') === true);
    return { ...review, status: { allowed } };
  });
  const authorize = delegatedAuthorizer(api, { clock });
  const ask = (who: object) => authorize({ ...who, path: '/metrics', verb: 'get' });
  return { api, clock, ask };
}

describe('delegated authorizer', () => {
  it.each([
    ['nobody', {}, 'unauthenticated'],
    ['a bad token', { token: 'bad' }, 'unauthenticated'],
    ['a token that may', { token: 'good' }, 'allowed'],
    ['a token that may not', { token: 'poor' }, 'forbidden'],
    ['a certificate that may', { certificate: { commonName: 'x', organizations: ['watchers'] } }, 'allowed'],
    ['a certificate that may not', { certificate: { commonName: 'x', organizations: [] } }, 'forbidden'],
    ['an administrator', { certificate: { commonName: 'root', organizations: ['system:masters'] } }, 'allowed'],
  ])('%s', async (_case, who, verdict) => {
    expect(await setUp().ask(who)).toBe(verdict);
  });

  it.each([
    ['/metrics', 'metrics'],
    ['/metrics/cadvisor', 'metrics'],
    ['/logs/agent.log', 'log'],
    ['/configz', 'configz'],
    ['/healthz/ping', 'healthz'],
    ['/pods', 'pods'],
    ['/runningpods/', 'pods'],
    ['/containerLogs/a/b/c', 'proxy'],
  ])('at a node, %s is nodes/%s', async (path, subresource) => {
    const { api } = setUp();
    const authorize = delegatedAuthorizer(api, { node: 'n1' });
    await authorize({ token: 'good', path, verb: 'get' });
    const [review] = api.calls[1] as unknown as [{ object: unknown }];
    expect(review.object).toMatchObject({
      spec: { resourceAttributes: { verb: 'get', group: '', resource: 'nodes', subresource, name: 'n1' } },
    });
    expect(review.object).not.toHaveProperty('spec.nonResourceAttributes');
  });

  it.each(['/pods', '/runningpods/', '/configz', '/healthz/ping'])(
    'at a node, nodes/proxy is enough for %s as well (KEP-2862)',
    async (path) => {
      const { api } = setUp();
      await delegatedAuthorizer(api, { node: 'n1' })({ token: 'poor', path, verb: 'get' });
      const asked = api.calls.flat() as unknown as { object: { spec: { resourceAttributes?: { subresource: string } } } }[];
      expect(asked.at(-1)?.object.spec.resourceAttributes?.subresource).toBe('proxy');
    },
  );

  it('asks again only after ten seconds', async () => {
    const { api, clock, ask } = setUp();
    await ask({ token: 'good' });
    await ask({ token: 'good' });
    expect(api.calls).toHaveLength(2);
    await clock.advance(10_000);
    await ask({ token: 'good' });
    expect(api.calls).toHaveLength(4);
  });
});
