import fc from 'fast-check';
import { ManualClock } from '#base/testing';
import { type Change, MAX_BATCH, type Store, StoreError, type Write, type WriteOutcome } from '../contract.ts';
import { MAX_VALUE_BYTES } from '../limits.ts';

/** Makes an empty store. `window`: how many changes its log keeps, at least and about. */
export type StoreFactory = (options: { clock: ManualClock; window?: number }) => Promise<Store>;

const key = (name: string): string => `/things/default/${name}`;
const put = (name: string, value: unknown = {}, more: Partial<Write> = {}): Write => ({
  key: key(name),
  expect: 'any',
  value: JSON.stringify(value),
  ...more,
});
const remove = (name: string, expect: Write['expect'] = 'any'): Write => ({ key: key(name), expect, value: undefined });

export async function written(store: Store, ...writes: Write[]): Promise<number> {
  const outcomes = await store.write(writes);
  const last = outcomes.at(-1);
  if (!last?.ok) throw new Error(`refused: ${JSON.stringify(last)}`);
  return last.revision;
}

/** Reads changes until `enough` says so. */
export async function readChanges(store: Store, after: number, enough: (seen: Change[]) => boolean): Promise<Change[]> {
  const stop = new AbortController();
  const seen: Change[] = [];
  for await (const batch of store.changes(after, stop.signal)) {
    seen.push(...batch);
    if (enough(seen)) stop.abort();
  }
  return seen;
}

const upTo =
  (revision: number) =>
  (seen: Change[]): boolean =>
    (seen.at(-1)?.revision ?? 0) >= revision;

/** What every store must do. Run it with each implementation; a fault found in one becomes a case here. */
export function storeConformance(name: string, make: StoreFactory): void {
  describe(`${name} keeps the store's contract`, () => {
    let clock: ManualClock;
    let store: Store;
    const open = async (window?: number): Promise<Store> => {
      clock = new ManualClock();
      store = await make({ clock, ...(window !== undefined && { window }) });
      return store;
    };
    afterEach(() => store.close());

    describe('write', () => {
      beforeEach(() => open());

      it('numbers every change by one, from one', async () => {
        const outcomes = await store.write([put('a'), put('b'), put('a')]);
        expect(outcomes).toEqual([
          { ok: true, revision: 1 },
          { ok: true, revision: 2 },
          { ok: true, revision: 3 },
        ]);
        expect(await store.revision()).toBe(3);
        expect(await store.get(key('a'))).toEqual({ key: key('a'), revision: 3, value: '{}' });
      });

      const current = { key: key('there'), revision: 1, value: '{"n":1}' };
      it.each<[string, Write, WriteOutcome]>([
        ['absent, and it is', put('new', {}, { expect: 'absent' }), { ok: true, revision: 2 }],
        ['absent, but it is there', put('there', {}, { expect: 'absent' }), { ok: false, reason: 'exists', current }],
        ['the right revision', put('there', {}, { expect: 1 }), { ok: true, revision: 2 }],
        ['another revision', put('there', {}, { expect: 7 }), { ok: false, reason: 'conflict', current }],
        ['a revision, but it is absent', put('new', {}, { expect: 1 }), { ok: false, reason: 'absent' }],
        ['anything', put('there'), { ok: true, revision: 2 }],
        ['delete at the right revision', remove('there', 1), { ok: true, revision: 2, previous: current }],
        ['delete at another revision', remove('there', 9), { ok: false, reason: 'conflict', current }],
        ['delete anything', remove('there'), { ok: true, revision: 2, previous: current }],
        ['delete what is absent', remove('new'), { ok: false, reason: 'absent' }],
        ['delete what is absent, at a revision', remove('new', 1), { ok: false, reason: 'absent' }],
      ])('expecting %s', async (_name, write, want) => {
        await written(store, put('there', { n: 1 }));
        const before = await store.get(write.key);
        expect(await store.write([write])).toEqual([want]);
        expect(await store.revision()).toBe(want.ok ? 2 : 1);
        if (!want.ok) expect(await store.get(write.key)).toEqual(before);
      });

      it('refuses one of a batch without its neighbours, and later ones see earlier ones', async () => {
        const outcomes = await store.write([
          put('a', { n: 1 }, { expect: 'absent' }),
          put('a', { n: 2 }, { expect: 'absent' }),
          put('a', { n: 3 }, { expect: 1 }),
          remove('b'),
          put('b', { n: 4 }),
        ]);
        expect(outcomes.map((o) => (o.ok ? o.revision : o.reason))).toEqual([1, 'exists', 2, 'absent', 3]);
      });

      it('takes no write at all, and a full batch, but not more', async () => {
        expect(await store.write([])).toEqual([]);
        const full = Array.from({ length: MAX_BATCH }, (_, i) => put(`n${i}`));
        expect(await store.write(full)).toHaveLength(MAX_BATCH);
        await expect(store.write([...full, put('more')])).rejects.toMatchObject({ name: 'StoreError', code: 'too-large' });
      });

      it('keeps any text, byte for byte, and refuses one that is too large without its neighbours in time', async () => {
        const texts = ['', 'ü😀\u0000\n"\\', '*', 'x'.repeat(500_000)];
        await store.write(texts.map((value, i) => ({ key: key(`t${i}`), expect: 'any', value })));
        for (const [i, value] of texts.entries()) expect((await store.get(key(`t${i}`)))?.value).toBe(value);
        const large = store.write([{ key: key('large'), expect: 'any', value: 'ü'.repeat(MAX_VALUE_BYTES / 2 + 1) }]);
        const small = store.write([put('small')]);
        await expect(large).rejects.toMatchObject({ code: 'too-large' });
        expect((await small)[0]?.ok).toBe(true);
      });

      it('lets exactly one of many concurrent writers win each revision', async () => {
        await written(store, put('counter', 0));
        const increment = async (): Promise<void> => {
          for (;;) {
            const seen = (await store.get(key('counter')))!;
            const [outcome] = await store.write([put('counter', JSON.parse(seen.value) + 1, { expect: seen.revision })]);
            if (outcome!.ok) return;
          }
        };
        await Promise.all(Array.from({ length: 20 }, increment));
        expect((await store.get(key('counter')))!.value).toBe('20');
        expect(await store.revision()).toBe(21);
      });
    });

    describe('list', () => {
      beforeEach(() => open());

      it('answers every entry under the prefix in key order, with the revision', async () => {
        await store.write([put('b'), put('a'), put('c'), remove('a'), { key: '/things/other/a', expect: 'any', value: '1' }]);
        await written(store, { key: '/thing/default/a', expect: 'any', value: '2' });
        expect((await store.list('/things/default/')).entries.map((e) => e.key)).toEqual([key('b'), key('c')]);
        expect((await store.list('/things/')).entries.map((e) => e.key)).toEqual([key('b'), key('c'), '/things/other/a']);
        const all = await store.list('');
        expect(all.entries.map((e) => e.value)).toEqual(['2', '{}', '{}', '1']);
        expect(all.revision).toBe(6);
        expect(await store.list('/nothing/')).toEqual({ entries: [], revision: 6 });
      });

      it('answers one moment, however many entries, while others write', async () => {
        const names = Array.from({ length: 1200 }, (_, i) => `n${String(i).padStart(4, '0')}`);
        for (let i = 0; i < names.length; i += 200) await store.write(names.slice(i, i + 200).map((n) => put(n)));
        // Each writer moves a marker from one end of the key order to the other; a torn list would show it twice or never.
        let done = false;
        const move = async (): Promise<void> => {
          for (let i = 0; i < 40; i++) await store.write(i % 2 ? [remove('a'), put('z')] : [put('a'), remove('z')]);
          done = true;
        };
        const moving = move();
        while (!done) {
          const { entries, revision } = await store.list('/things/default/');
          const seen = entries.filter((e) => e.key === key('a') || e.key === key('z')).length;
          const log = await readChanges(store, 0, upTo(revision));
          const at = log.filter((c) => c.revision <= revision);
          const state = new Map(at.map((c) => [c.key, c]));
          const want = [...state.values()].filter((c) => c.value !== undefined).map((c) => [c.key, c.revision]);
          expect(entries.map((e) => [e.key, e.revision])).toEqual(want.toSorted(([a], [b]) => (a! < b! ? -1 : 1)));
          expect(seen).toBeLessThanOrEqual(2);
        }
        await moving;
      });
    });

    describe('changes', () => {
      it('tells every change after a revision once, in order, then those to come', async () => {
        await open();
        await store.write([put('a', { n: 1 }), put('b', { n: 2 }), remove('a')]);
        const reading = readChanges(store, 1, upTo(5));
        await written(store, put('c', { n: 4 }));
        await written(store, put('c', { n: 5 }));
        expect(await reading).toEqual([
          { key: key('b'), revision: 2, value: '{"n":2}' },
          { key: key('a'), revision: 3, value: undefined },
          { key: key('c'), revision: 4, value: '{"n":4}' },
          { key: key('c'), revision: 5, value: '{"n":5}' },
        ]);
      });

      it('ends when its signal aborts, without an error', async () => {
        await open();
        const stop = new AbortController();
        const reading = (async () => {
          for await (const _batch of store.changes(0, stop.signal)) return 'a change';
          return 'ended';
        })();
        stop.abort();
        expect(await reading).toBe('ended');
        for await (const _batch of store.changes(0, AbortSignal.abort())) throw new Error('a change after the end');
      });

      it('says so when the log no longer reaches back', async () => {
        await open(100);
        for (let i = 0; i < 20; i++) await store.write(Array.from({ length: 50 }, (_, n) => put(`n${n}`, 'x'.repeat(200))));
        await expect(readChanges(store, 1, upTo(1000))).rejects.toMatchObject({ name: 'StoreError', code: 'compacted' });
        const recent = await readChanges(store, 905, upTo(1000));
        expect(recent.map((c) => c.revision)).toEqual(Array.from({ length: 95 }, (_, i) => 906 + i));
      });

      it('is complete and in order for every reader while many write', async () => {
        await open();
        const total = 400;
        const readers = [0, 0, 0].map((after) => readChanges(store, after, upTo(total)));
        await Promise.all(
          Array.from({ length: 8 }, async (_, w) => {
            for (let i = 0; i < 50; i++) await written(store, put(`w${w}`, { i }));
          }),
        );
        for (const seen of await Promise.all(readers)) {
          expect(seen.map((c) => c.revision)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
          for (let w = 0; w < 8; w++) {
            const mine = seen.filter((c) => c.key === key(`w${w}`)).map((c) => JSON.parse(c.value!).i as number);
            expect(mine).toEqual(Array.from({ length: 50 }, (_, i) => i));
          }
        }
      });
    });

    describe('a write that follows another', () => {
      beforeEach(() => open());
      const follow = (write: Write): Write => ({ ...write, expect: 'follows' });

      it('happens with it, whatever is there', async () => {
        await store.write([put('b', 1), put('d', 1)]);
        const outcomes = await store.write([
          put('a', 1, { expect: 'absent' }),
          follow(put('b', 2)),
          follow(put('c', 1)),
          follow(remove('d')),
        ]);
        expect(outcomes.map((o) => o.ok && o.revision)).toEqual([3, 4, 5, 6]);
        expect((await store.list('')).entries.map(({ key: at, value }) => `${at.at(-1)}${value}`)).toEqual(['a1', 'b2', 'c1']);
        expect(await store.write([put('a', 2), follow(remove('d'))])).toEqual([
          { ok: true, revision: 7 },
          { ok: false, reason: 'absent' },
        ]);
      });

      it('is refused with it, and leads nobody itself', async () => {
        await store.write([put('a', 1), put('b', 1, { claims: ['x'] })]);
        const outcomes = await store.write([
          put('a', 2, { expect: 'absent' }),
          follow(put('c')),
          put('e', 1, { claims: ['x'] }),
          follow(put('c')),
          follow(remove('b')),
          put('f', 1),
          follow(remove('none')),
          follow(put('g', 1)),
        ]);
        expect(outcomes.map((o) => o.ok)).toEqual([false, false, false, false, false, true, false, true]);
        expect((await store.list('')).entries.map(({ key: at, value }) => `${at.at(-1)}${value}`)).toEqual(['a1', 'b1', 'f1', 'g1']);
      });

      it('follows nobody at the beginning of a batch', async () => {
        await store.write([put('a', 1)]);
        expect(await store.write([follow(put('b'))])).toEqual([{ ok: false, reason: 'absent' }]);
      });
    });

    describe('claims', () => {
      beforeEach(() => open());

      it('are held by one key at a time, and given up by update and delete', async () => {
        await written(store, put('a', {}, { claims: ['ip/1', 'ip/2'] }));
        const refused = { ok: false, reason: 'claimed', claim: 'ip/2', holder: key('a') };
        expect(await store.write([put('b', {}, { claims: ['ip/3', 'ip/2'] })])).toEqual([refused]);
        expect(await store.get(key('b'))).toBeUndefined();
        await written(store, put('a', { again: true }));
        const both = new Map(['ip/1', 'ip/2'].map((claim) => [claim, key('a')]));
        expect(await store.claims('')).toEqual(both);
        await written(store, put('a', {}, { claims: ['ip/1', 'port/1'] }));
        await written(store, put('b', {}, { claims: ['ip/2'] }));
        expect(await store.claims('ip/')).toEqual(new Map([...both, ['ip/2', key('b')]]));
        await written(store, remove('a'));
        expect(await store.claims('')).toEqual(new Map([['ip/2', key('b')]]));
        await written(store, put('b', {}, { claims: [] }));
        expect(await store.claims('')).toEqual(new Map());
      });

      it('change hands within a batch', async () => {
        await written(store, put('a', {}, { claims: ['x'] }));
        const outcomes = await store.write([put('b', {}, { claims: ['x'] }), remove('a'), put('b', {}, { claims: ['x'] })]);
        expect(outcomes.map((o) => o.ok)).toEqual([false, true, true]);
      });

      it('travel with the changes that take and give them', async () => {
        await store.write([put('a', 1, { claims: ['x', 'y'] }), put('a', 2), put('a', 3, { claims: [] }), remove('a')]);
        const seen = await readChanges(store, 0, upTo(4));
        expect(seen.map((c) => c.claims)).toEqual([['x', 'y'], undefined, [], undefined]);
      });

      it('are unique whatever is written, at once or in turn', async () => {
        const names = fc.constantFrom('a', 'b', 'c', 'd');
        const claims = fc.subarray(['1', '2', '3']);
        const write = fc.oneof(
          fc.record({ name: names, claims }).map(({ name, claims }) => put(name, {}, { claims })),
          names.map((name) => remove(name)),
          names.map((name) => put(name)),
        );
        await fc.assert(
          fc.asyncProperty(fc.array(fc.array(write, { maxLength: 4 }), { maxLength: 8 }), async (batches) => {
            const { entries } = await store.list('');
            if (entries.length > 0) await store.write(entries.map(({ key }) => ({ key, expect: 'any', value: undefined })));
            const start = await store.revision();
            await Promise.all(batches.map((batch) => store.write(batch)));
            const end = await store.revision();
            // The log alone says who holds what: replayed, it never gives a claim to two, and ends at what the store says.
            const held = new Map<string, readonly string[]>();
            const log = end > start ? await readChanges(store, start, upTo(end)) : [];
            for (const change of log) {
              if (change.value === undefined) held.delete(change.key);
              else if (change.claims) held.set(change.key, change.claims);
              const all = [...held.values()].flat();
              expect(new Set(all).size).toBe(all.length);
            }
            const want = [...held].flatMap(([holder, list]) => list.map((claim) => [claim, holder] as const));
            expect(await store.claims('')).toEqual(new Map(want));
          }),
          { numRuns: 25 },
        );
      });
    });

    describe('objects with an end', () => {
      beforeEach(() => open());

      /** A store may look for what has ended now and then, and over a network: so time goes on until it has. */
      const untilRead = async <T>(reading: Promise<T>): Promise<T> => {
        let settled = false;
        const watched = reading.finally(() => (settled = true));
        while (!settled) await clock.advance(1_000);
        return watched;
      };

      it('are removed when it comes, with a change in the log, and give up their claims', async () => {
        await store.write([put('short', {}, { ttlSeconds: 10, claims: ['x'] }), put('long', {}, { ttlSeconds: 3600 }), put('ever')]);
        const reading = readChanges(store, 3, upTo(4));
        await clock.advance(9_000);
        expect(await store.get(key('short'))).toBeDefined();
        expect(await untilRead(reading)).toEqual([{ key: key('short'), revision: 4, value: undefined }]);
        expect((await store.list('')).entries.map((e) => e.key)).toEqual([key('ever'), key('long')]);
        expect(await store.claims('')).toEqual(new Map());
      });

      it('lose it by a write without one', async () => {
        await store.write([put('a', {}, { ttlSeconds: 10 }), put('b', {}, { ttlSeconds: 10 }), put('a')]);
        const reading = readChanges(store, 3, upTo(4));
        expect((await untilRead(reading)).map((c) => c.key)).toEqual([key('b')]);
        expect(await store.get(key('a'))).toBeDefined();
      });
    });

    it('agrees with a plain map under any sequence of writes', async () => {
      await open();
      const names = fc.constantFrom('a', 'b', 'c');
      const expecting = fc.oneof(
        fc.constant('any' as const),
        fc.constant('absent' as const),
        fc.constant('current' as const),
        fc.constant('stale' as const),
      );
      const step = fc.record({ name: names, expect: expecting, value: fc.option(fc.integer(), { nil: undefined }) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const model = new Map((await store.list('')).entries.map((e) => [e.key, e]));
          let revision = await store.revision();
          for (const s of steps) {
            const held = model.get(key(s.name));
            const expecting = s.expect === 'current' ? (held?.revision ?? 1) : s.expect === 'stale' ? 999_999 : s.expect;
            const value = s.value === undefined ? undefined : JSON.stringify(s.value);
            const [outcome] = await store.write([{ key: key(s.name), expect: expecting, value }]);
            const fits = expecting === 'any' || (expecting === 'absent' ? !held : held?.revision === expecting);
            expect(outcome!.ok).toBe(fits && (value !== undefined || held !== undefined));
            if (!outcome!.ok) continue;
            expect(outcome!.revision).toBe(++revision);
            if (value === undefined) model.delete(key(s.name));
            else model.set(key(s.name), { key: key(s.name), revision, value });
          }
          const want = [...model.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
          expect(await store.list('')).toEqual({ entries: want, revision });
        }),
        { numRuns: 30 },
      );
    });

    it('fails with StoreError once it is closed', async () => {
      await open();
      await store.close();
      await expect(store.write([put('a')])).rejects.toBeInstanceOf(StoreError);
      await expect(store.revision()).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
}
