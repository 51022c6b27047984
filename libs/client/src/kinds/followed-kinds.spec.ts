import { type KindName, serviceUnavailable } from '#api';
import { ManualClock } from '#base/testing';
import { silentLogger } from '#telemetry';
import type { KindSource, KindEntry } from '../contract.ts';
import { FollowedKinds } from './followed-kinds.ts';

const kind = (name: string, rest: Partial<KindEntry> = {}): KindEntry => ({
  gvk: { group: 'example.com', version: 'v1', kind: name },
  resource: { group: 'example.com', version: 'v1', resource: `${name.toLowerCase()}s` },
  namespaced: true,
  verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  ...rest,
});

/** Says each of these in turn; a word is the end of the connection. */
function sourceOf(...answers: (KindEntry[] | 'lost')[]): KindSource {
  return {
    async *kinds(signal) {
      for (let answer = answers.shift(); answer; answer = answers.shift()) {
        if (answer === 'lost') throw serviceUnavailable('connection lost');
        yield answer;
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
}

async function followed(
  ...answers: (KindEntry[] | 'lost')[]
): Promise<{ kinds: FollowedKinds; told: string[]; stop: () => Promise<void> }> {
  const clock = new ManualClock();
  const kinds = new FollowedKinds({ source: sourceOf(...answers), clock, logger: silentLogger });
  const told: string[] = [];
  const names = (of: readonly KindName[]): string => of.map(({ gvk }) => gvk.kind).join();
  kinds.onChange(({ added, removed }) => told.push(`+${names(added)} -${names(removed)}`));
  const ending = new AbortController();
  const running = kinds.run(ending.signal);
  await clock.advance(60_000);
  return {
    kinds,
    told,
    stop: async () => {
      ending.abort();
      await running;
    },
  };
}

describe('the kinds that are followed', () => {
  it.each<[string, (KindEntry[] | 'lost')[], string[], string]>([
    ['are told as they come and go', [[kind('A')], [kind('A'), kind('B')], [kind('B')]], ['+A -', '+B -', '+ -A'], 'B'],
    ['hold over a lost connection', [[kind('A')], 'lost', 'lost', [kind('A'), kind('B')]], ['+A -', '+B -'], 'A,B'],
    ['are those whose objects are kept', [[kind('A', { verbs: ['create'] }), kind('B')]], ['+B -'], 'B'],
    ['are others under another scope', [[kind('A')], [kind('A', { namespaced: false })]], ['+A -', '+A -A'], 'A'],
    ['are not told twice', [[kind('A')], [kind('A')]], ['+A -'], 'A'],
  ])('%s', async (_case, answers, want, last) => {
    const { kinds, told, stop } = await followed(...answers);
    await kinds.synced();
    expect(told).toEqual(want);
    expect(kinds.all.map(({ gvk }) => gvk.kind).join()).toBe(last);
    await stop();
  });

  it('are asked for anew by who cannot go by what was told', async () => {
    const kinds = new FollowedKinds({
      source: sourceOf([kind('A'), kind('B', { verbs: [] })]),
      clock: new ManualClock(),
      logger: silentLogger,
    });
    expect(await kinds.fresh()).toMatchObject([{ gvk: { kind: 'A' } }]);
    expect(kinds.all).toEqual([]);
  });
});
