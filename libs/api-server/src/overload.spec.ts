import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { ManualClock } from '#base/testing';
import type { UserInfo } from '#kinds/contract';
import { createServerMetrics } from './metrics.ts';
import { Overload } from './overload.ts';
import { parseRequestInfo } from './request/request-info.ts';

const someone = (username: string, ...groups: string[]): UserInfo => ({ username, groups: [...groups, 'system:authenticated'] });
const account = (namespace: string, name: string): UserInfo =>
  someone(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`);
const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const info = parseRequestInfo('POST', '/api/v1/namespaces/x/configmaps', new URLSearchParams());
const health = parseRequestInfo('GET', '/livez', new URLSearchParams());

const made = () => {
  const clock = new ManualClock();
  return { clock, overload: new Overload({ readOnly: 20, mutating: 20, bodies: 20 }, createServerMetrics(new Registry()), clock) };
};
const outcomeOf = (entered: ReturnType<Overload['enter']>): Promise<unknown> =>
  Promise.resolve(entered).then(
    () => 'seated',
    (err: unknown) => err,
  );
/** Takes seats until it has to wait. */
const flood = (overload: Overload, users: readonly UserInfo[]): number => {
  for (let taken = 0; ; taken++) {
    const entered = overload.enter({ info, user: users[taken % users.length]! });
    if (entered instanceof Promise) {
      void outcomeOf(entered);
      return taken;
    }
  }
};

describe('requests under way', () => {
  it.each<[string, UserInfo[], UserInfo]>([
    ['another user', [someone('a')], someone('b')],
    [
      'an account of another namespace, whatever accounts the first one makes',
      ['1', '2', '3', '4'].map((n) => account('ns', n)),
      account('other', 'x'),
    ],
    ['a node', [someone('a'), someone('b'), someone('c')], someone('system:node:n1', 'system:nodes')],
    ['an account of the system', [someone('a'), someone('b'), someone('c')], account('kube-system', 'x')],
    ['somebody with a name', [anonymous], someone('a')],
  ])('of one flow do not keep out %s', (_what, flooding, other) => {
    const { overload } = made();
    expect(flood(overload, flooding)).toBeGreaterThan(0);
    expect(overload.enter({ info, user: other })).toBeInstanceOf(Function);
  });

  it('of administrators, and probes of health, need no seat', () => {
    const { overload } = made();
    for (let i = 0; i < 1000; i++) {
      expect(overload.enter({ info, user: someone('admin', 'system:masters') })).toBeInstanceOf(Function);
      expect(overload.enter({ info: health, user: anonymous })).toBeInstanceOf(Function);
    }
  });

  it('wait for a seat, and are answered 429 when none comes or too many of their flow wait', async () => {
    const { overload, clock } = made();
    const user = someone('a');
    const leave = await overload.enter({ info, user });
    flood(overload, [user]);
    leave(); // to the one that waits already
    const leaveToo = await overload.enter({ info, user: someone('b') });
    const waiting = Array.from({ length: 100 }, () => outcomeOf(overload.enter({ info, user })));
    expect(() => overload.enter({ info, user })).toThrow('too many requests, please try again later');
    leaveToo();
    await clock.advance(15_000);
    for (const outcome of await Promise.all(waiting)) {
      expect(outcome).toMatchObject({ code: 429, status: { details: { retryAfterSeconds: 1 } } });
    }
    expect(overload.enter({ info, user: someone('b') })).toBeInstanceOf(Function);
  });
});
