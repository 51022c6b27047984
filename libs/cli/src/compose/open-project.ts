import { readFile } from 'node:fs/promises';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type ComposeFiles, type Converted, convertProject, loadProject, type Project } from '#compose';
import { lookUp } from '#base';
import { ClusterApi } from '../cluster-api.ts';
import { type Cluster, type CommandContext, existingCluster } from '../commands/context.ts';
import { defaultSettings, type ClusterSettings, readSettings } from '../supervisor/cluster-settings.ts';
import { layoutOf, portsOf } from '../supervisor/layout.ts';
import { UsageError } from '../supervisor/usage-error.ts';

export interface ComposeFlags {
  files: readonly string[];
  projectName?: string;
  projectDirectory?: string;
  envFiles?: readonly string[];
  profiles: readonly string[];
  namespace?: string;
  hostPaths: boolean;
  /** `web=3` */
  scale: readonly string[];
}

export interface ComposeContext extends CommandContext {
  flags: ComposeFlags;
  directory: string;
  environment: NodeJS.ProcessEnv;
  warn: (text: string) => void;
}

export interface Opened {
  project: Project;
  converted: Converted;
  /** Whether somebody chose it: it is not the project's own. */
  namespace: { name: string; chosen: boolean };
}

const names = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** What a command line, the environment and its files say. Needs no cluster that runs. */
export async function openProject(context: ComposeContext): Promise<Opened> {
  const { flags, environment, warn } = context;
  const given = flags.files.length > 0 ? flags.files : filesFrom(environment);
  const files = given.length > 0 ? given.map((path) => resolve(context.directory, path)) : await filesIn(context.directory);
  const project = await loadProject(machineFiles, {
    files,
    ...(flags.projectDirectory !== undefined && { directory: resolve(context.directory, flags.projectDirectory) }),
    ...(flags.projectName !== undefined && { name: flags.projectName }),
    ...(flags.envFiles && { envFiles: flags.envFiles.map((path) => resolve(context.directory, path)) }),
    profiles: flags.profiles,
    environment,
    warn,
  });
  const namespace = namespaceOf(project.name, flags.namespace);
  const settings = (await readSettings(layoutOf(context.home).settings)) ?? defaultSettings;
  const converted = convertProject(project, {
    namespace: namespace.name,
    registry: registryOfNodes(settings),
    hostPaths: flags.hostPaths,
    scale: Object.fromEntries(flags.scale.map(scaleOf)),
  });
  return { project, converted, namespace };
}

export const registryOfNodes = (settings: ClusterSettings): string => `registry.berth.local:${portsOf(settings).registry}`;

/** The name of the project alone, where that is all that is needed and somebody gives it. */
export async function openNamespace(context: ComposeContext): Promise<{ project: string; namespace: Opened['namespace'] }> {
  const { projectName, files, namespace } = context.flags;
  if (projectName !== undefined && files.length === 0) return { project: projectName, namespace: namespaceOf(projectName, namespace) };
  const opened = await openProject(context);
  return { project: opened.project.name, namespace: opened.namespace };
}

/** Runs with the cluster's API, which it closes. */
export async function withCluster<T>(context: ComposeContext, run: (api: ClusterApi, cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = await existingCluster({ home: context.home, given: {} });
  const api = await ClusterApi.open(cluster.layout, cluster.settings);
  try {
    return await run(api, cluster);
  } finally {
    api.close();
  }
}

function namespaceOf(project: string, chosen: string | undefined): Opened['namespace'] {
  const name = chosen ?? project.replaceAll('_', '-').replace(/-+$/, '');
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return { name, chosen: chosen !== undefined };
  throw new UsageError(`--namespace ${name}: must be a DNS label of at most 63 letters, digits and dashes`);
}

function scaleOf(text: string): [string, number] {
  const [, service, replicas] = /^([^=]+)=(\d{1,4})$/.exec(text) ?? [];
  if (service === undefined) throw new UsageError(`--scale ${text}: must be SERVICE=NUMBER`);
  return [service, Number(replicas)];
}

const filesFrom = (environment: NodeJS.ProcessEnv): string[] =>
  (lookUp(environment, 'COMPOSE_FILE') ?? '').split(lookUp(environment, 'COMPOSE_PATH_SEPARATOR') ?? ':').filter(Boolean);

/** compose-spec, 03-compose-file.md: the file of a folder, and what overrides it. */
async function filesIn(folder: string): Promise<string[]> {
  for (const name of names) {
    if (!(await isThere(join(folder, name)))) continue;
    const override = join(folder, name.replace(/\.ya?ml$/, '.override$&'));
    return [join(folder, name), ...((await isThere(override)) ? [override] : [])];
  }
  throw new UsageError(`no Compose file given, and none of ${names.join(', ')} in ${folder}`);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const machineFiles: ComposeFiles = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw err;
    }
  },
  resolve: (folder, relative) => {
    if (relative === '~' || relative.startsWith('~/')) return join(homedir(), relative.slice(1));
    return isAbsolute(relative) ? relative : resolve(folder, relative);
  },
  folderOf: dirname,
};
