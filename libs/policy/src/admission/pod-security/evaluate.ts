import type { Check, CheckPod, PodLike, Violation } from './check.ts';
import { checks } from './checks/index.ts';
import type { LevelVersion } from './policy.ts';

/** The newest version that differs from the one before it; later ones are judged as this. */
const newest = Math.max(...checks.flatMap(({ versions }) => versions.map(({ since }) => since)));
const chosen = new Map<string, readonly CheckPod[]>();

/** What a pod violates of a standard; nothing when it may be. */
export function violations({ level, version }: LevelVersion, pod: PodLike): Violation[] {
  if (level === 'privileged') return [];
  return checksOf(level, version === 'latest' ? newest : Math.min(version, newest))
    .map((check) => check(pod))
    .filter((violation) => violation !== undefined);
}

/** `host ports (container "a" uses hostPort 80), privileged (…)`: what is said of one pod. */
export const detailOf = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');

/** `host ports, privileged`: what is said of many. */
export const reasonOf = (found: readonly Violation[]): string => found.map(({ reason }) => reason).join(', ');

/** Those of baseline before those of restricted, each by their ids, so that messages are those of upstream word for word. */
function checksOf(level: 'baseline' | 'restricted', minor: number): readonly CheckPod[] {
  const key = `${level} ${minor}`;
  let known = chosen.get(key);
  if (!known) {
    const at = (of: Check['level']): { id: string; version: Check['versions'][number] }[] =>
      checks
        .filter((check) => check.level === of)
        .map(({ id, versions }) => ({ id, version: versions.findLast(({ since }) => since <= minor) }))
        .filter((each): each is { id: string; version: Check['versions'][number] } => each.version !== undefined)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    const restricted = level === 'restricted' ? at('restricted') : [];
    const overridden = new Set(restricted.flatMap(({ version }) => version.overrides ?? []));
    known = [...at('baseline').filter(({ id }) => !overridden.has(id)), ...restricted].map(({ version }) => version.check);
    chosen.set(key, known);
  }
  return known;
}
