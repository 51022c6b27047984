import { lookUp } from '#base';
import type { NetworkPolicy, Service } from '#api/types';
import { invalid } from '../compose-error.ts';
import type { Project } from '../load/project.ts';
import { type BuildPlan, buildOf } from './build.ts';
import { type Dependency, dependenciesOf, startOrder } from './dependencies.ts';
import { unservedKeys } from './known-keys.ts';
import { hostName, labelsOf, type Naming } from './names.ts';
import { attachmentOf, isDivided, type Network, networkPolicies, networksOf } from './networks.ts';
import { podOf } from './pod.ts';
import { checkExposed, nameService, type Published, publishedOf, publishedPolicy, publishingServices } from './ports.ts';
import { Reader } from './reader.ts';
import { claimsOf, contentsOf, type Stores } from './storage.ts';
import { type Life, lifeOf, type Workload, workloadOf } from './workload.ts';

export interface ConvertOptions {
  namespace: string;
  /** The cluster's registry as its nodes name it. */
  registry: string;
  /** Paths of nodes may be mounted. */
  hostPaths: boolean;
  /** Replicas that win over the file's, by service. */
  scale?: Readonly<Record<string, number>>;
}

export interface ConvertedService {
  name: string;
  life: Life;
  workload: Workload;
  /** Its names and published ports. */
  services: Service[];
  published: Published[];
  policies: NetworkPolicy[];
  dependencies: Dependency[];
  build?: BuildPlan;
}

export interface Converted {
  naming: Naming;
  namespace: object;
  /** What services stand on: configs, secrets, claims, policies. */
  objects: (Stores['objects'][number] | NetworkPolicy)[];
  /** In the order in which they are started. */
  services: ConvertedService[];
}

/** A Compose application as objects of a cluster. Pure. Throws ComposeError for what cannot be served, with its place. */
export function convertProject(project: Project, options: ConvertOptions): Converted {
  const naming: Naming = { project: project.name, namespace: options.namespace };
  const volumes = claimsOf(project.volumes, naming);
  const configs = contentsOf('configs', project.configs, { data: project.data, naming });
  const secrets = contentsOf('secrets', project.secrets, { data: project.data, naming });
  const networks = networksOf(project.networks);
  const stores = { claims: volumes.claims, configs: configs.contents, secrets: secrets.contents };
  const readers = new Map(Object.entries(project.services).map(([name, value]) => [name, new Reader(value, `services.${name}`)]));
  const dependencies = new Map(
    [...readers].map(([name, reader]) => [name, dependenciesOf(reader, { services: readers, disabled: project.disabled })]),
  );
  const attached = new Map([...readers].map(([name, reader]) => [name, attachmentOf(reader, networks)]));
  const used = [...attached.values()].flatMap((attachment) => attachment.networks);
  const awaited = new Set(
    [...dependencies.values()].flat().flatMap(({ service, condition }) => (condition === 'completed' ? [service] : [])),
  );
  const services = startOrder(dependencies).map((name) =>
    convertService(readers.get(name)!, {
      name: hostName(name, `services.${name}`),
      naming,
      stores,
      used,
      attachment: attached.get(name)!,
      dependencies: dependencies.get(name)!,
      awaited: awaited.has(name),
      options,
    }),
  );
  checkNames(services);
  return {
    naming,
    namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: options.namespace, labels: labelsOf(naming) } },
    objects: [...configs.objects, ...secrets.objects, ...volumes.objects, ...networkPolicies(used, naming)],
    services,
  };
}

interface ServiceInput {
  name: string;
  naming: Naming;
  stores: Omit<Stores, 'objects'>;
  /** Networks of all services. */
  used: readonly Network[];
  attachment: { networks: readonly Network[]; aliases: readonly string[] };
  dependencies: Dependency[];
  awaited: boolean;
  options: ConvertOptions;
}

function convertService(service: Reader, input: ServiceInput): ConvertedService {
  const { name, naming, stores, used, attachment, dependencies, options } = input;
  const build = buildOf(service, { name, project: naming.project, registry: options.registry });
  if (!build && !service.has('image')) throw invalid(service.path, 'has neither an image nor a build context specified');
  const image = build?.image ?? service.at('image').text();
  const published = publishedOf(service);
  checkExposed(service);
  const found = lifeOf(service, { awaited: input.awaited });
  const life = { ...found, replicas: lookUp(options.scale, name) ?? found.replicas };
  const { networks } = attachment;
  const template = podOf(service, {
    name,
    image,
    naming,
    stores,
    networks: isDivided(used) ? networks : [],
    published,
    claims: stores.claims,
    hostPaths: options.hostPaths,
    ...(life.restartPolicy && { restartPolicy: life.restartPolicy }),
  });
  const workload = workloadOf(service, { name, naming, life, template });
  const names = [...new Set([...attachment.aliases, ...linkedNames(service), ...containerName(service)])].filter((alias) => alias !== name);
  // They are of the tools that run a file on one machine: watching, the terminal, which profile is on.
  service.skip('develop', 'attach', 'profiles', 'container_name', 'image', 'networks', 'depends_on');
  service.at('deploy').done({ endpoint_mode: 'names lead to the containers (dnsrr)', rollback_config: '' });
  service.done(unservedKeys);
  return {
    name,
    life,
    workload,
    published,
    services: [
      nameService(name, name, naming),
      ...names.map((alias) => nameService(hostName(alias, service.path), name, naming)),
      ...publishingServices(published, name, naming),
    ],
    policies: isDivided(used) && networks.some(({ internal }) => !internal) ? publishedPolicy(published, name, naming) : [],
    dependencies,
    ...(build && { build }),
  };
}

/** Another name for a service that this one is linked to is served for all. The links themselves are dependencies. */
function linkedNames(service: Reader): string[] {
  for (const link of service.at('links').items())
    if (/^([^:]+):(?!\1$)/.test(link.text()))
      throw invalid(link.path, 'a name of a link is known to its service alone: give the other service an alias in networks');
  return [];
}

/** A container can be reached by its name, as Docker has it. */
const containerName = (service: Reader): string[] => (service.has('container_name') ? [service.at('container_name').text()] : []);

function checkNames(services: readonly ConvertedService[]): void {
  const owners = new Map<string, string>();
  for (const { name, services: made } of services)
    for (const { metadata } of made) {
      const other = owners.get(metadata.name!);
      if (other !== undefined && other !== name)
        throw invalid(`services.${name}`, `${metadata.name!} is a name of services.${other} already`);
      if (other === name) throw invalid(`services.${name}`, `has the name ${metadata.name!} twice`);
      owners.set(metadata.name!, name);
    }
}
