import type { BlobDigest } from '../contract.ts';
import type { RetentionRule } from '../settings/retention.ts';

/** A repository as garbage collection finds it. */
export interface SeenRepository {
  tags: readonly { name: string; digest: BlobDigest; changedAtMs: number }[];
  revisions: readonly SeenRevision[];
}

export interface SeenRevision {
  digest: BlobDigest;
  changedAtMs: number;
  /** Manifests that it names, of an index. */
  manifests: readonly BlobDigest[];
  subject?: BlobDigest | undefined;
}

/** What a rule takes. `sinceMs`: what has been changed after it stays all the same, whenever that turns out. */
export interface RetentionPlan {
  tags: { name: string; sinceMs: number }[];
  manifests: { digest: BlobDigest; sinceMs: number }[];
}

export function retentionPlan(seen: SeenRepository, rule: RetentionRule, nowMs: number): RetentionPlan {
  const tags = oldTags(seen, rule, nowMs);
  if (rule.untaggedForMs === undefined) return { tags, manifests: [] };
  const gone = new Set(tags.map(({ name }) => name));
  const led = reachable(
    seen.revisions,
    seen.tags.filter(({ name }) => !gone.has(name)).map(({ digest }) => digest),
  );
  const sinceMs = nowMs - rule.untaggedForMs;
  const manifests = seen.revisions.filter(({ digest, changedAtMs }) => !led.has(digest) && changedAtMs <= sinceMs);
  return { tags, manifests: manifests.map(({ digest }) => ({ digest, sinceMs })) };
}

/** What nobody has used after `sinceMs`, with its tags: of a mirror, which gets it again. */
export function unusedPlan(seen: SeenRepository, sinceMs: number): RetentionPlan {
  const unused = new Set(seen.revisions.filter(({ changedAtMs }) => changedAtMs <= sinceMs).map(({ digest }) => digest));
  return {
    tags: seen.tags.filter(({ digest }) => unused.has(digest)).map(({ name, changedAtMs }) => ({ name, sinceMs: changedAtMs })),
    manifests: [...unused].map((digest) => ({ digest, sinceMs })),
  };
}

function oldTags({ tags }: SeenRepository, { keepTags, tagsForMs, exceptTags }: RetentionRule, nowMs: number): RetentionPlan['tags'] {
  if (tagsForMs === undefined) return [];
  const newestFirst = tags.toSorted((a, b) => b.changedAtMs - a.changedAtMs || (a.name < b.name ? 1 : -1));
  const old = newestFirst.slice(keepTags).filter(({ changedAtMs }) => changedAtMs <= nowMs - tagsForMs);
  return old
    .filter(({ name }) => !exceptTags.some((pattern) => pattern.test(name)))
    .map(({ name, changedAtMs }) => ({ name, sinceMs: changedAtMs }));
}

/** From tags to what they name, to what that names, and to what says something about any of it: signatures stay as long as their subject. */
function reachable(revisions: readonly SeenRevision[], roots: readonly BlobDigest[]): ReadonlySet<BlobDigest> {
  const byDigest = new Map(revisions.map((revision) => [revision.digest, revision]));
  const bySubject = Map.groupBy(revisions, ({ subject }) => subject);
  const found = new Set<BlobDigest>();
  for (const todo = [...roots]; todo.length > 0; ) {
    const digest = todo.pop()!;
    if (found.has(digest)) continue;
    found.add(digest);
    todo.push(...(byDigest.get(digest)?.manifests ?? []), ...(bySubject.get(digest) ?? []).map((referrer) => referrer.digest));
  }
  return found;
}
