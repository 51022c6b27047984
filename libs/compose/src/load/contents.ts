import { lookUp } from '#base';
import { invalid } from '../compose-error.ts';
import type { ComposeFiles, Project } from './project.ts';

/** What configs and secrets hold, by `configs.<name>`: of a file, a variable, or the text that the project itself gives. */
export async function readContents(
  files: Pick<ComposeFiles, 'read'>,
  project: Pick<Project, 'configs' | 'secrets'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const section of ['configs', 'secrets'] as const)
    for (const [name, { file, environment: variable, content }] of Object.entries(project[section])) {
      const path = `${section}.${name}`;
      if ([file, variable, content].filter((given) => given !== undefined).length > 1)
        throw invalid(path, 'file|content|environment attributes are mutually exclusive');
      if (typeof file === 'string') {
        const bytes = await files.read(file);
        if (!bytes) throw invalid(`${path}.file`, `open ${file}: no such file or directory`);
        found.set(path, bytes);
      } else if (typeof variable === 'string') {
        const value = lookUp(environment, variable);
        if (value === undefined)
          throw invalid(`${path}.environment`, `environment variable ${JSON.stringify(variable)} required by it is not set`);
        found.set(path, Buffer.from(value));
      } else if (typeof content === 'string') found.set(path, Buffer.from(content));
    }
  return found;
}
