import { invalid, unsupported } from '../compose-error.ts';
import type { Reader } from './reader.ts';

export interface BuildPlan {
  contextDir: string;
  dockerfile?: string;
  /** Instead of a file. */
  inline?: string;
  args: Record<string, string>;
  target?: string;
  noCache: boolean;
  /** `repository:tag` in the cluster's registry. */
  tags: string[];
  /** As nodes pull it. */
  image: string;
}

/** compose-spec, build.md. What is built is pushed to the cluster's registry, where every node finds it. */
export function buildOf(
  service: Reader,
  { name, project, registry }: { name: string; project: string; registry: string },
): BuildPlan | undefined {
  if (!service.has('build')) return undefined;
  const build = service.at('build');
  const context = build.has('context') ? build.at('context').text() : undefined;
  const inline = build.has('dockerfile_inline') ? build.at('dockerfile_inline').text() : undefined;
  if (context === undefined) throw invalid(build.path, 'needs a context');
  if (/^[a-z+]+:\/\/|^git@/.test(context)) throw unsupported(build.at('context').path, 'a context is a folder of this machine');
  if (inline !== undefined && build.has('dockerfile'))
    throw invalid(build.path, 'declares mutually exclusive dockerfile and dockerfile_inline');
  const args = Object.fromEntries(
    build
      .at('args')
      .entries()
      .flatMap(([key, value]) => (value.isSet ? [[key, value.text()]] : [])),
  );
  const tag = service.has('image') ? repository(service.at('image')) : `${project}-${name}:latest`;
  const tags = [tag, ...build.at('tags').items().map(repository)];
  const plan: BuildPlan = {
    contextDir: context,
    ...(build.has('dockerfile') && { dockerfile: build.at('dockerfile').text() }),
    ...(inline !== undefined && { inline }),
    args,
    ...(build.has('target') && { target: build.at('target').text() }),
    noCache: build.at('no_cache').bool(),
    tags,
    image: `${registry}/${tag}`,
  };
  build.skip('cache_from', 'pull'); // the builder has its cache, and asks registries each time
  build.done({
    additional_contexts: '',
    cache_to: '',
    entitlements: '',
    extra_hosts: '',
    isolation: '',
    labels: 'set LABEL in the Dockerfile',
    network: '',
    platforms: '',
    privileged: '',
    provenance: '',
    sbom: '',
    secrets: '',
    shm_size: '',
    ssh: '',
    ulimits: '',
  });
  return plan;
}

/** Without the registry that a name may begin with; a digest names what is there, not what is made. */
function repository(reader: Reader): string {
  const text = reader.text();
  if (text.includes('@')) throw invalid(reader.path, 'what is built cannot have a digest in its name');
  const [first = '', ...rest] = text.split('/');
  const path = rest.length > 0 && /[.:]|^localhost$/.test(first) ? rest.join('/') : text;
  if (!/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[\w][\w.-]{0,127})?$/.test(path))
    throw invalid(reader.path, `invalid reference format: ${text}`);
  return path.includes(':') ? path : `${path}:latest`;
}
