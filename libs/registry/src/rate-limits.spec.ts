import type { IncomingMessage } from 'node:http';
import { ManualClock } from '#base/testing';
import type { Access } from './authentication/access.ts';
import { everything, unauthorized } from './authentication/access.ts';
import { MemoryDriver } from './drivers/memory-driver.ts';
import { addressOf } from './rate-limits.ts';
import { rateLimit } from './settings/limits.ts';
import { noSettings } from './settings/settings.ts';
import { serveRegistry, type ServedRegistry } from './testing.ts';

const clock = new ManualClock();
let served: ServedRegistry;

/** `Basic ann` is Ann, and `Basic wrong` nobody. */
const access: Access = {
  async demand({ request }) {
    const [, user] = /^Basic (\w+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (user === 'wrong') throw unauthorized('Basic');
    return { ...everything, user };
  },
};

beforeEach(async () => {
  const rateLimits = [
    { to: ['anonymous'], of: 'requests', limit: 4, per: '1m' },
    { to: ['users'], of: 'requests', limit: 100, per: '1m' },
    { to: ['anonymous', 'ann'], of: 'pulls', limit: 2, per: '1h' },
    { to: [], of: 'logins', limit: 3, per: '1m' },
  ].map((limit) => rateLimit(limit, 'x'));
  served = await serveRegistry(new MemoryDriver(clock), clock, { access, settings: async () => ({ ...noSettings, rateLimits }) });
});
afterEach(() => served.close());

async function ask(
  path: string,
  user?: string,
  method = 'GET',
): Promise<[status: number, limit: string | null, remaining: string | null, retry: string | null]> {
  const { headers, status } = await fetch(`${served.url}/v2/${path}`, {
    method,
    headers: user === undefined ? {} : { authorization: `Basic ${user}` },
  });
  return [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining'), headers.get('retry-after')];
}

it('counts requests, says what is left, and when to come again', async () => {
  for (const left of [3, 2, 1, 0]) expect(await ask('')).toEqual([200, '4;w=60', `${left};w=60`, null]);
  expect(await ask('')).toEqual([429, '4;w=60', '0;w=60', '15']);
  await clock.advance(10_000);
  expect(await ask('')).toEqual([429, '4;w=60', '0;w=60', '5']);
  await clock.advance(5_000);
  expect((await ask(''))[0]).toBe(200);
  await clock.advance(3_600_000);
  expect(await ask('')).toEqual([200, '4;w=60', '3;w=60', null]);
});

it('answers with the error that clients know', async () => {
  for (let times = 0; times < 4; times++) await ask('');
  const reply = await fetch(`${served.url}/v2/`);
  expect(await reply.json()).toEqual({ errors: [{ code: 'TOOMANYREQUESTS', message: 'too many requests: 4 in 60 s are allowed' }] });
});

it('keeps an account for each user, and another for the address', async () => {
  for (let times = 0; times < 5; times++) await ask('');
  expect((await ask('', 'ann'))[2]).toBe('99;w=60');
  expect((await ask('', 'bob'))[2]).toBe('99;w=60');
  expect((await ask('', 'ann'))[2]).toBe('98;w=60');
});

it('counts pulls as GET of manifests', async () => {
  for (const left of ['1;w=3600', '0;w=3600']) expect((await ask('a/manifests/v1', 'ann'))[2]).toBe(left);
  expect((await ask('a/manifests/v1', 'ann'))[0]).toBe(429);
  expect((await ask('a/manifests/v1', 'ann', 'HEAD'))[0]).toBe(404);
  expect((await ask('a/manifests/v1', 'bob'))[0]).toBe(404);
});

it('lets nobody guess passwords without end, and those in who are not guessing', async () => {
  for (let times = 0; times < 3; times++) expect((await ask('', 'wrong'))[0]).toBe(401);
  expect((await ask('', 'wrong'))[0]).toBe(429);
  expect((await ask('', 'ann'))[0]).toBe(429);
  expect((await ask(''))[0]).toBe(200);
  await clock.advance(20_000);
  expect((await ask('', 'ann'))[0]).toBe(200);
});

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (remoteAddress, want) => {
  expect(addressOf({ socket: { remoteAddress } } as IncomingMessage)).toBe(want);
});
