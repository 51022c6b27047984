import { isAbsolute, join, resolve } from 'node:path';
import { loadProject } from './load/load-project.ts';
import type { ComposeFiles, LoadOptions, Project } from './load/project.ts';

/** A folder `/project` with these files, in memory. */
export function filesOf(contents: Readonly<Record<string, string>>): ComposeFiles {
  return {
    read: async (path) => {
      const name = path.replace(/^\/project\//, '');
      return Object.hasOwn(contents, name) ? Buffer.from(contents[name]!) : undefined;
    },
    resolve: (folder, relative) => (isAbsolute(relative) ? relative : resolve(folder, relative)),
    folderOf: (path) => join(path, '..'),
  };
}

export interface Loaded {
  project: Project;
  warnings: string[];
}

/** Loads `compose.yaml` of such a folder, or the files that are named. */
export async function load(
  contents: Readonly<Record<string, string>>,
  { files = ['compose.yaml'], ...more }: Partial<LoadOptions> = {},
): Promise<Loaded> {
  const warnings: string[] = [];
  const project = await loadProject(filesOf(contents), {
    files: files.map((name) => `/project/${name}`),
    profiles: [],
    environment: {},
    warn: (text) => warnings.push(text),
    ...more,
  });
  return { project, warnings };
}
