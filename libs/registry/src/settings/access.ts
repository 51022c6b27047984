import { type RepositoryPattern, repositoryPattern } from './pattern.ts';
import { list, object, oneOf, optional, type Reader, SettingsError, table, text, webAddress } from './reader.ts';

/** What may be done with a repository; distribution, "Docker Registry v2 authentication via central service", spells them so. */
export type Action = 'pull' | 'push' | 'delete';
export const actions: readonly Action[] = ['pull', 'push', 'delete'];

export interface AccessSettings {
  /** The audience of tokens: what a registry calls itself in its challenges. */
  service?: string | undefined;
  /** Where clients find the token service, for a registry behind a proxy. */
  realm?: URL | undefined;
  /** Name → bcrypt hash. */
  users: ReadonlyMap<string, string>;
  groups: ReadonlyMap<string, readonly string[]>;
  rules: readonly AccessRule[];
}

/** What it gives is added to what other rules give. */
export interface AccessRule {
  /** Names of users, `@group`, `users` (who has a password) or `anonymous` (everybody, with a password or without). */
  to: readonly string[];
  repositories: readonly RepositoryPattern[];
  actions: readonly Action[];
}

/** Every user may do everything, and everybody may pull: what `--anonymous-access pull` says. */
export const openToAll: readonly AccessRule[] = [
  { to: ['anonymous'], repositories: [repositoryPattern('**', '')], actions: ['pull'] },
  { to: ['users'], repositories: [repositoryPattern('**', '')], actions },
];

const reserved = ['anonymous', 'users'];

const userName: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || !/^[\w.-][\w.@+-]{0,127}$/.test(value)) throw new SettingsError(`${at}: not a name of a user`);
  if (reserved.includes(value)) throw new SettingsError(`${at}: '${value}' stands for several and cannot be a user`);
  return value;
};

const bcrypt: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || !/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(value))
    throw new SettingsError(`${at}: must be the bcrypt hash of a password, as "htpasswd -nB" writes it`);
  return value;
};

const plain = object<AccessSettings>({
  service: optional(text),
  realm: optional(webAddress),
  users: (value, at) => {
    const users = table(bcrypt)(value, at);
    for (const name of users.keys()) userName(name, `${at}.${name}`);
    return users;
  },
  groups: table(list(userName)),
  rules: list(
    object<AccessRule>({
      to: list(text),
      repositories: list(repositoryPattern),
      actions: list(oneOf(...actions)),
    }),
  ),
});

/** A rule for a group that is not there would give less than whoever wrote it thinks. */
export const accessSettings: Reader<AccessSettings> = (value, at) => {
  const found = plain(value, at);
  for (const [i, { to }] of found.rules.entries()) {
    const unknown = to.find((term) => term.startsWith('@') && !found.groups.has(term.slice(1)));
    if (unknown) throw new SettingsError(`${at}.rules[${i}].to: there is no group ${unknown}`);
  }
  return found;
};
