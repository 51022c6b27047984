import { type Reader, SettingsError } from './reader.ts';

/** Repositories by name: `team/app`, `team/*` (one more part) or `team/**` (everything below). */
export interface RepositoryPattern {
  text: string;
  /** `user`: what `{user}` stands for; a pattern with it fits nobody who has not said who they are. */
  fits(repository: string, user?: string): boolean;
}

const allowed = /^(?:[a-z0-9._/*-]|\{user\})+$/;

export const repositoryPattern: Reader<RepositoryPattern> = (value, at) => {
  if (typeof value !== 'string' || !allowed.test(value))
    throw new SettingsError(`${at}: must be the name of repositories, in which * is one part, ** any number of them, and {user} who asks`);
  // `**` first, or both its stars would be single ones.
  const source = value.replace(/\*{2,}|[*.]|\{user\}/g, (part) => ({ '*': '[^/]*', '.': '\\.', '{user}': '{user}' })[part] ?? '.*');
  if (!value.includes('{user}')) {
    const pattern = new RegExp(`^${source}$`);
    return { text: value, fits: (repository) => pattern.test(repository) };
  }
  return {
    text: value,
    fits: (repository, user) =>
      user !== undefined && new RegExp(`^${source.replaceAll('{user}', user.replace(/[^a-z0-9]/gi, '\\$&'))}$`).test(repository),
  };
};
