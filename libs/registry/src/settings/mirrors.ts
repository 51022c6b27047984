import { isRepositoryName } from '../names.ts';
import { type RepositoryPattern, repositoryPattern } from './pattern.ts';
import { duration, list, object, optional, type Reader, SettingsError, text, webAddress } from './reader.ts';

export interface MirrorSettings {
  upstream: URL;
  /** What this registry's names have in front of the upstream's; undefined: they are the same. */
  prefix?: string | undefined;
  /** Of the upstream's names; none: all of them. */
  repositories: readonly RepositoryPattern[];
  username?: string | undefined;
  /** Of two, the file, which is read when it is needed. */
  password?: string | undefined;
  passwordFile?: string | undefined;
  /** How long a tag is good before the upstream is asked again. */
  tagsForMs?: number | undefined;
  /** What nobody has pulled for so long goes; undefined: it stays. */
  keepForMs?: number | undefined;
}

interface Written extends Omit<MirrorSettings, 'tagsForMs' | 'keepForMs'> {
  tagsFor?: number | undefined;
  keepFor?: number | undefined;
}

const written = object<Written>({
  upstream: webAddress,
  prefix: optional((value, at) => {
    if (typeof value !== 'string' || !isRepositoryName(value))
      throw new SettingsError(`${at}: must be the beginning of repositories' names`);
    return value;
  }),
  repositories: list(repositoryPattern),
  username: optional(text),
  password: optional(text),
  passwordFile: optional(text),
  tagsFor: optional(duration),
  keepFor: optional(duration),
});

export const mirrorSettings: Reader<MirrorSettings> = (value, at) => {
  const { tagsFor, keepFor, ...found } = written(value, at);
  const secret = found.password ?? found.passwordFile;
  if ((found.username === undefined) !== (secret === undefined))
    throw new SettingsError(`${at}: username and password (or passwordFile) belong together`);
  return { ...found, ...(tagsFor !== undefined && { tagsForMs: tagsFor }), ...(keepFor !== undefined && { keepForMs: keepFor }) };
};
