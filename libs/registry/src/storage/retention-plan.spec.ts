import type { BlobDigest } from '../contract.ts';
import { retentionRule } from '../settings/retention.ts';
import { retentionPlan, type SeenRepository, unusedPlan } from './retention-plan.ts';

const day = 86_400_000;
const now = 1000 * day;
const digest = (name: string): BlobDigest => `sha256:${name}`;

/** `age` in days. */
function seen(
  tags: Record<string, [digest: string, age: number]>,
  revisions: Record<string, { age: number; names?: string[]; subject?: string }>,
): SeenRepository {
  return {
    tags: Object.entries(tags).map(([name, [to, age]]) => ({ name, digest: digest(to), changedAtMs: now - age * day })),
    revisions: Object.entries(revisions).map(([name, { age, names = [], subject }]) => ({
      digest: digest(name),
      changedAtMs: now - age * day,
      manifests: names.map(digest),
      subject: subject === undefined ? undefined : digest(subject),
    })),
  };
}

const tags = { v1: ['a', 40], v2: ['b', 30], v3: ['c', 20], latest: ['c', 1] } as const;
const tagged = (rule: object): string[] =>
  retentionPlan(seen(tags as never, {}), retentionRule({ repositories: ['**'], ...rule }, 'x'), now).tags.map(({ name }) => name);

it.each<[string, object, string[]]>([
  ['nothing', {}, []],
  ['a number of tags', { keepTags: 2 }, ['v2', 'v1']],
  ['an age of tags', { tagsFor: '25d' }, ['v2', 'v1']],
  ['an age and a number: what is within either stays', { keepTags: 3, tagsFor: '25d' }, ['v1']],
  ['tags that stay', { keepTags: 0, exceptTags: ['v*'] }, ['latest']],
  ['no tags but those', { keepTags: 0, exceptTags: ['v1', 'lat*'] }, ['v3', 'v2']],
])('a rule of %s', (_what, rule, want) => expect(tagged(rule)).toEqual(want));

const gone = (repository: SeenRepository, rule: object): string[] =>
  retentionPlan(repository, retentionRule({ repositories: ['**'], untaggedFor: '7d', ...rule }, 'x'), now).manifests.map(
    ({ digest: found }) => found.slice(7),
  );

it.each<[string, SeenRepository, object, string[]]>([
  ['goes after its time', seen({}, { old: { age: 8 }, young: { age: 6 } }), {}, ['old']],
  ['stays when a tag leads to it', seen({ v1: ['a', 90] }, { a: { age: 90 } }), {}, []],
  [
    'stays when a tag leads to an index that names it',
    seen({ v1: ['i', 90] }, { i: { age: 90, names: ['a', 'n'] }, n: { age: 90, names: ['b'] }, a: { age: 90 }, b: { age: 90 } }),
    {},
    [],
  ],
  [
    'stays as long as its subject',
    seen({ v1: ['a', 90] }, { a: { age: 90 }, sig: { age: 90, subject: 'a' }, sigsig: { age: 90, subject: 'sig' } }),
    {},
    [],
  ],
  ['goes with its subject', seen({}, { a: { age: 90 }, sig: { age: 90, subject: 'a' } }), {}, ['a', 'sig']],
  ['goes when its tag goes', seen({ v1: ['a', 90] }, { a: { age: 90 } }), { tagsFor: '30d' }, ['a']],
  ['stays without a word about it', seen({}, { a: { age: 90 } }), { untaggedFor: null }, []],
  ['ends where manifests name each other', seen({ v1: ['a', 1] }, { a: { age: 90, names: ['b'] }, b: { age: 90, names: ['a'] } }), {}, []],
])('a manifest %s', (_what, repository, rule, want) => expect(gone(repository, rule)).toEqual(want));

it('what nobody has used for its time goes with its tags', () => {
  const plan = unusedPlan(seen({ v1: ['a', 90], v2: ['b', 90] }, { a: { age: 8 }, b: { age: 6 } }), now - 7 * day);
  expect([plan.tags.map(({ name }) => name), plan.manifests.map(({ digest: found }) => found)]).toEqual([['v1'], ['sha256:a']]);
});
