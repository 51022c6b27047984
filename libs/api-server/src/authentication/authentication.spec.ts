import { describe, expect, it } from '@jest/globals';
import type { UserInfo } from '#kinds/contract';
import { certificateFrom, createAuthenticator, impersonate } from './index.ts';

describe('authentication', () => {
  const holder: UserInfo = { username: 'sa', groups: [] };
  const authenticator = createAuthenticator({
    tokens: { review: async (token) => (token === 'good' ? { user: holder, audiences: [] } : undefined) },
  });

  it('takes names and groups from the certificate', async () => {
    const certificate = { commonName: 'ann', organizations: ['dev', 'ops'], fingerprint: 'ab' };
    expect(await authenticator.authenticate({ certificate, token: 'bad' })).toMatchObject({
      username: 'ann',
      groups: ['dev', 'ops', 'system:authenticated'],
    });
  });
  it('takes a token', async () => {
    expect(await authenticator.authenticate({ token: 'good' })).toBe(holder);
  });
  it('refuses a bad token instead of taking it for none', async () => {
    await expect(authenticator.authenticate({ token: 'bad' })).rejects.toMatchObject({
      status: { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
    });
  });
  it('knows who shows nothing as anonymous', async () => {
    expect(await authenticator.authenticate({})).toEqual({ username: 'system:anonymous', groups: ['system:unauthenticated'] });
  });
  it.each([
    [
      { CN: 'a', O: 'x' },
      { commonName: 'a', organizations: ['x'] },
    ],
    [
      { CN: 'a', O: ['x', 'y'] },
      { commonName: 'a', organizations: ['x', 'y'] },
    ],
    [{ CN: 'a' }, { commonName: 'a', organizations: [] }],
    [{ O: 'x' }, undefined],
  ])('reads the subject %j', (subject, want) => {
    expect(certificateFrom({ subject } as never)).toEqual(want);
  });
});

describe('impersonation', () => {
  const me: UserInfo = { username: 'me', groups: ['system:authenticated'] };
  const asked: string[] = [];
  const authorizer = (allowed: boolean) => ({
    authorize: async (_user: UserInfo, a: { verb: string; resource: string; namespace?: string; name?: string }) => {
      asked.push(`${a.verb} ${a.resource} ${a.namespace ?? ''} ${a.name ?? ''}`);
      return { allowed, reason: '' };
    },
  });

  it('needs the verb for each part', async () => {
    asked.length = 0;
    const headers = { 'impersonate-user': 'ann', 'impersonate-group': 'dev, ops', 'impersonate-extra-scopes': 'view' };
    expect(await impersonate(me, headers, authorizer(true))).toEqual({
      username: 'ann',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: { scopes: ['view'] },
    });
    expect(asked).toEqual(['impersonate users  ann', 'impersonate groups  dev', 'impersonate groups  ops', 'impersonate userextras  view']);
  });
  it('knows service accounts', async () => {
    asked.length = 0;
    const user = await impersonate(me, { 'impersonate-user': 'system:serviceaccount:dev:app' }, authorizer(true));
    expect(user.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated']);
    expect(asked).toEqual(['impersonate serviceaccounts dev app']);
  });
  it('is refused without permission, and without a user', async () => {
    await expect(impersonate(me, { 'impersonate-user': 'ann' }, authorizer(false))).rejects.toThrow(
      'users "ann" is forbidden: User "me" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    await expect(impersonate(me, { 'impersonate-group': 'x' }, authorizer(true))).rejects.toMatchObject({ status: { code: 400 } });
    expect(await impersonate(me, {}, authorizer(false))).toBe(me);
  });
});
