import { type RepositoryPattern, repositoryPattern } from './pattern.ts';
import { duration, list, object, optional, type Reader, SettingsError } from './reader.ts';

/** What garbage collection may take of a repository. The first rule whose patterns fit is its rule; without one everything stays. */
export interface RetentionRule {
  repositories: readonly RepositoryPattern[];
  /** Manifests that no tag leads to go when they have been there for so long. */
  untaggedForMs?: number | undefined;
  /** So many of the newest tags stay, however old. */
  keepTags: number;
  /** Tags that were not moved for so long go. */
  tagsForMs?: number | undefined;
  /** Tags that stay in any case: `v*`. */
  exceptTags: readonly RegExp[];
}

const tagPattern: Reader<RegExp> = (value, at) => {
  if (typeof value !== 'string' || !/^[\w.*-]{1,128}$/.test(value)) throw new SettingsError(`${at}: must be a tag, in which * is any text`);
  return new RegExp(`^${value.replaceAll('.', '\\.').replace(/\*+/g, '.*')}$`);
};

const amount: Reader<number> = (value, at) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new SettingsError(`${at}: must be a whole number`);
  return value;
};

const written = object<{
  repositories: readonly RepositoryPattern[];
  untaggedFor?: number | undefined;
  keepTags?: number | undefined;
  tagsFor?: number | undefined;
  exceptTags: readonly RegExp[];
}>({
  repositories: list(repositoryPattern),
  untaggedFor: optional(duration),
  keepTags: optional(amount),
  tagsFor: optional(duration),
  exceptTags: list(tagPattern),
});

export const retentionRule: Reader<RetentionRule> = (value, at) => {
  const { untaggedFor, keepTags, tagsFor, ...found } = written(value, at);
  return {
    ...found,
    keepTags: keepTags ?? 0,
    ...(untaggedFor !== undefined && { untaggedForMs: untaggedFor }),
    // A number alone: what is beyond it goes, whatever its age.
    ...((tagsFor ?? keepTags) !== undefined && { tagsForMs: tagsFor ?? 0 }),
  };
};
