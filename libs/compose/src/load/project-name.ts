import { lookUp } from '#base';
import { ComposeError } from '../compose-error.ts';
import { interpolate } from './interpolate.ts';
import type { ComposeFiles, LoadOptions } from './project.ts';
import { readYaml } from './yaml.ts';

/** compose-spec, 04-version-and-name.md, in Compose's order: `-p`, COMPOSE_PROJECT_NAME, `name:` of the last file that has one, the directory. */
export async function projectName(
  files: Pick<ComposeFiles, 'read'>,
  { name, environment, files: paths, directory }: Pick<LoadOptions, 'name' | 'environment' | 'files'> & { directory: string },
): Promise<string> {
  const given = name || environment['COMPOSE_PROJECT_NAME'] || (await nameInFiles(files, paths, environment));
  if (given) return checked(given);
  const made = directory
    .replace(/\/+$/, '')
    .replace(/^.*\//, '')
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '')
    .replace(/^[-_]+/, '');
  if (made === '') throw new ComposeError('project name must not be empty');
  return made;
}

async function nameInFiles(
  files: Pick<ComposeFiles, 'read'>,
  paths: readonly string[],
  environment: LoadOptions['environment'],
): Promise<string> {
  let found = '';
  for (const path of paths) {
    const text = await files.read(path);
    const name = text === undefined ? undefined : readYaml(text.toString(), path)['name'];
    const variables = { lookUp: (key: string) => lookUp(environment, key), unset: () => undefined };
    if (typeof name === 'string') found = interpolate(name, variables, 'name');
  }
  return found;
}

function checked(name: string): string {
  if (/^[a-z0-9][-_a-z0-9]*$/.test(name)) return name;
  throw new ComposeError(
    `invalid project name ${JSON.stringify(name)}: must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
  );
}
