import { lookUp, setKey } from '#base';
import { ComposeError, invalid } from '../compose-error.ts';
import { type Base, canonicalFile, canonicalService, dictionary } from './canonical.ts';
import { type EnvEntries, readEnvFile, readRawEnvFile } from './env-file.ts';
import { interpolateAll, type Variables } from './interpolate.ts';
import { isModel, merge, unmarked } from './merge.ts';
import { readContents } from './contents.ts';
import type { ComposeFiles, LoadOptions, Project } from './project.ts';
import { projectName } from './project-name.ts';
import { readYaml } from './yaml.ts';

type Model = Record<string, unknown>;

const sections = ['services', 'networks', 'volumes', 'configs', 'secrets'] as const;

/** Reads, interpolates, extends, includes and merges. Throws ComposeError that names the place. */
export async function loadProject(files: ComposeFiles, options: LoadOptions): Promise<Project> {
  const [first] = options.files;
  if (first === undefined) throw new ComposeError('no Compose file given');
  const directory = options.directory ?? files.folderOf(first);
  const fromFiles = await readEnvironment(files, options.envFiles, directory, options.environment);
  const environment = { ...fromFiles, ...options.environment };
  const name = await projectName(files, { ...options, directory, environment });
  const loader = new Loader(files, options.warn);
  const model = await loader.merged(options.files, directory, { ...environment, COMPOSE_PROJECT_NAME: name });
  for (const key of Object.keys(model))
    if (!([...sections, 'name', 'version'] as string[]).includes(key) && !key.startsWith('x-'))
      throw invalid(key, `additional properties '${key}' not allowed`);
  const project = { name, directory, ...Object.fromEntries(sections.map((key) => [key, models(model[key], key)])) } as Omit<
    Project,
    'disabled'
  >;
  const on = new Set(
    [...options.profiles, ...(environment['COMPOSE_PROFILES'] ?? '').split(',').map((text) => text.trim())].filter(Boolean),
  );
  const [active, disabled] = byProfile(project.services, on);
  await loader.fill(active, environment);
  return { ...project, services: active, disabled, data: await readContents(files, project, environment) };
}

async function readEnvironment(
  files: ComposeFiles,
  given: readonly string[] | undefined,
  directory: string,
  shell: LoadOptions['environment'],
): Promise<EnvEntries> {
  const entries: EnvEntries = {};
  for (const path of given ?? [files.resolve(directory, '.env')]) {
    const text = await files.read(path);
    if (text === undefined && given) throw new ComposeError(`couldn't find env file: ${path}`);
    const variables: Variables = { lookUp: (name) => lookUp(shell, name) ?? lookUp(entries, name), unset: () => undefined };
    if (text !== undefined) Object.assign(entries, readEnvFile(text.toString(), path, variables));
  }
  return entries;
}

/** A service without profiles is always on; `*` is every profile. */
function byProfile(services: Record<string, Model>, on: ReadonlySet<string>): [Record<string, Model>, string[]] {
  const isOn = (service: Model): boolean => {
    const profiles = (service['profiles'] as string[] | undefined) ?? [];
    return profiles.length === 0 || on.has('*') || profiles.some((profile) => on.has(profile));
  };
  const entries = Object.entries(services);
  return [
    Object.fromEntries(entries.filter(([, service]) => isOn(service))),
    entries.filter(([, service]) => !isOn(service)).map(([name]) => name),
  ];
}

function models(value: unknown, path: string): Record<string, Model> {
  if (value === undefined || value === null) return {};
  if (!isModel(value)) throw invalid(path, 'must be a mapping');
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-'))
      .map(([key, inner]) => {
        if (inner !== null && !isModel(inner)) throw invalid(`${path}.${key}`, 'must be a mapping');
        if (!/^[a-zA-Z0-9._-]+$/.test(key)) throw invalid(path, `additional properties '${key}' not allowed`);
        return [key, inner ?? {}];
      }),
  );
}

/** Files within files. */
class Loader {
  private readonly warned = new Set<string>();

  constructor(
    private readonly files: ComposeFiles,
    private readonly warn: (text: string) => void,
  ) {}

  async merged(paths: readonly string[], directory: string, environment: EnvEntries, above: readonly string[] = []): Promise<Model> {
    let model: Model = {};
    for (const path of paths) {
      if (above.includes(path)) throw new ComposeError(`include cycle detected: ${[...above, path].join(' includes ')}`);
      const one = await this.one(path, { path: (relative) => this.files.resolve(directory, relative) }, environment);
      const included = await this.included(one['include'], { directory, environment, above: [...above, path] });
      delete one['include'];
      for (const section of sections) {
        const twice = Object.keys((included[section] ?? {}) as Model).find((key) => Object.hasOwn((one[section] ?? {}) as Model, key));
        if (section === 'services' && twice !== undefined) throw invalid(`${section}.${twice}`, 'conflicts with imported resource');
      }
      model = merge(merge(model, included), one) as Model;
    }
    return unmarked(model) as Model;
  }

  /** One file in long form, its services extended. */
  private async one(path: string, base: Base, environment: EnvEntries): Promise<Model> {
    const text = await this.files.read(path);
    if (text === undefined) throw new ComposeError(`open ${path}: no such file or directory`);
    const model = interpolateAll(readYaml(text.toString(), path), this.variables(environment), '') as Model;
    const services = model['services'];
    if (services !== undefined && services !== null && !isModel(services)) throw invalid('services', 'must be a mapping');
    const canonical: Model = {};
    for (const [name, service] of Object.entries(services ?? {}).filter(([key]) => !key.startsWith('x-')))
      setKey(canonical, name, canonicalService(service, `services.${name}`, base));
    const extended: Model = {};
    for (const name of Object.keys(canonical))
      setKey(extended, name, await this.extended(canonical, name, { path, environment, above: [] }));
    const filed = Object.fromEntries(
      (['configs', 'secrets'] as const).flatMap((section) => {
        const given = model[section];
        if (!isModel(given)) return [];
        return [[section, Object.fromEntries(Object.entries(given).map(([key, value]) => [key, canonicalFile(value, base)]))]];
      }),
    );
    return { ...model, ...(services !== undefined && { services: extended }), ...filed };
  }

  /** compose-spec, "extends": what a service of this or another file says, and what this one says over it. */
  private async extended(
    services: Model,
    name: string,
    { path, environment, above }: { path: string; environment: EnvEntries; above: readonly string[] },
  ): Promise<unknown> {
    const service = lookUp(services, name);
    if (!isModel(service) || !isModel(service['extends'])) return service;
    const { extends: from, ...own } = service as Model & { extends: { service: string; file?: string } };
    const me = `${name} in ${path}`;
    if (above.includes(me)) throw new ComposeError(`circular reference with extends: ${[...above, me].join(' extends ')}`);
    const file = from.file ?? path;
    const others = from.file === undefined ? services : await this.servicesOf(file, environment);
    if (!Object.hasOwn(others, from.service))
      throw new ComposeError(`cannot extend service "${name}" in ${path}: service "${from.service}" not found in ${file}`);
    const base = await this.extended(others, from.service, { path: file, environment, above: [...above, me] });
    return merge(base, own, `services.${name}`);
  }

  private async servicesOf(path: string, environment: EnvEntries): Promise<Model> {
    const text = await this.files.read(path);
    if (text === undefined) throw new ComposeError(`open ${path}: no such file or directory`);
    const model = interpolateAll(readYaml(text.toString(), path), this.variables(environment), '') as Model;
    const base: Base = { path: (relative) => this.files.resolve(this.files.folderOf(path), relative) };
    return Object.fromEntries(
      Object.entries(models(model['services'], 'services')).map(([name, service]) => [
        name,
        canonicalService(service, `services.${name}`, base),
      ]),
    );
  }

  /** compose-spec, 14-include.md: each with its own directory and `.env`, over which those of the whole win. */
  private async included(
    value: unknown,
    { directory, environment, above }: { directory: string; environment: EnvEntries; above: readonly string[] },
  ): Promise<Model> {
    if (value === undefined || value === null) return {};
    if (!Array.isArray(value)) throw invalid('include', 'must be a list');
    let model: Model = {};
    for (const [i, item] of value.entries()) {
      const entry = isModel(item) ? item : { path: item as unknown };
      const texts = (given: unknown): string[] => [given ?? []].flat().map((path) => this.files.resolve(directory, String(path as string)));
      const paths = texts(entry['path']);
      if (paths.length === 0) throw invalid(`include[${i}]`, 'must name a path');
      const folder = entry['project_directory'] === undefined ? this.files.folderOf(paths[0]!) : texts(entry['project_directory'])[0]!;
      const envFiles = entry['env_file'] === undefined ? undefined : texts(entry['env_file']);
      const own = await readEnvironment(this.files, envFiles, folder, environment);
      const one = await this.merged(paths, folder, { ...own, ...environment }, above);
      delete one['name'];
      model = merge(model, one) as Model;
    }
    return model;
  }

  /** Variables of `env_file`, under those of `environment`; labels of `label_file` likewise; values that the shell has. */
  async fill(services: Record<string, Model>, environment: EnvEntries): Promise<void> {
    for (const [name, service] of Object.entries(services)) {
      const variables: EnvEntries = {};
      for (const [i, entry] of ((service['env_file'] ?? []) as { path: string; required?: unknown; format?: string }[]).entries()) {
        const at = `services.${name}.env_file[${i}]`;
        const text = await this.files.read(entry.path);
        if (text === undefined && entry.required !== false && entry.required !== 'false')
          throw invalid(at, `env file ${entry.path} not found`);
        if (entry.format !== undefined && entry.format !== 'raw') throw invalid(at, `unsupported env_file format "${entry.format}"`);
        if (text === undefined) continue;
        const known: Variables = { lookUp: (key) => lookUp(environment, key) ?? lookUp(variables, key), unset: (key) => this.unset(key) };
        Object.assign(
          variables,
          entry.format === 'raw' ? readRawEnvFile(text.toString()) : readEnvFile(text.toString(), entry.path, known),
        );
      }
      const given = Object.entries({ ...variables, ...(service['environment'] as EnvEntries | undefined) });
      const filled = given.flatMap(([key, value]) => {
        const found = value ?? lookUp(environment, key);
        return found === undefined ? [] : [[key, found] as const];
      });
      delete service['env_file'];
      if (filled.length > 0) service['environment'] = Object.fromEntries(filled);
      else delete service['environment'];
      await this.fillLabels(service, name);
    }
  }

  private async fillLabels(service: Model, name: string): Promise<void> {
    const labels: Model = {};
    for (const path of (service['label_file'] ?? []) as string[]) {
      const text = await this.files.read(path);
      if (text === undefined) throw invalid(`services.${name}.label_file`, `label file ${path} not found`);
      Object.assign(
        labels,
        dictionary(
          text
            .toString()
            .split('\n')
            .filter((line) => !/^\s*(#|$)/.test(line)),
          `services.${name}.label_file`,
        ),
      );
    }
    if (service['label_file'] !== undefined) service['labels'] = { ...labels, ...(service['labels'] as Model | undefined) };
    delete service['label_file'];
  }

  private variables(environment: EnvEntries): Variables {
    return { lookUp: (name) => lookUp(environment, name), unset: (name) => this.unset(name) };
  }

  private unset(name: string): void {
    if (this.warned.has(name)) return;
    this.warned.add(name);
    this.warn(`The "${name}" variable is not set. Defaulting to a blank string.`);
  }
}
