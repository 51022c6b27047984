import { isRepositoryName } from '../names.ts';
import { type RepositoryPattern, repositoryPattern } from './pattern.ts';
import { bytes, count, duration, list, object, oneOf, optional, type Reader, SettingsError, text } from './reader.ts';

/** How much of the registry somebody may fill. */
export interface QuotaSettings {
  /** All repositories below this name, counted together. */
  namespace?: string | undefined;
  /** Each of these repositories for itself. */
  repositories: readonly RepositoryPattern[];
  bytes?: number | undefined;
  tags?: number | undefined;
}

const writtenQuota = object<QuotaSettings>({
  namespace: optional((value, at) => {
    if (typeof value !== 'string' || !isRepositoryName(value))
      throw new SettingsError(`${at}: must be the beginning of repositories' names`);
    return value;
  }),
  repositories: list(repositoryPattern),
  bytes: optional(bytes),
  tags: optional(count),
});

export const quotaSettings: Reader<QuotaSettings> = (value, at) => {
  const quota = writtenQuota(value, at);
  if ((quota.namespace === undefined) === (quota.repositories.length === 0))
    throw new SettingsError(`${at}: must have a namespace, or repositories`);
  return quota;
};

/** How often somebody may ask. Each user, and each address without one, has an account of its own. */
export interface RateLimit {
  /** Names of users, `users` (who has a password) or `anonymous` (who has shown none). */
  to: readonly string[];
  /** `pulls`: GET of manifests. `logins`: passwords and tokens that were refused, by address whatever `to` says. */
  of: 'requests' | 'pulls' | 'logins';
  limit: number;
  per: number;
}

export const rateLimit = object<RateLimit>({ to: list(text), of: oneOf('requests', 'pulls', 'logins'), limit: count, per: duration });
