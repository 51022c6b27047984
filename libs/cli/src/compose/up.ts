import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Service } from '#api/types';
import type { KubeObject } from '#api';
import { lookUp } from '#base';
import { type BuildPlan, type ConvertedService, type Dependency, serviceLabel } from '#compose';
import { type Cluster, imageRulesOf } from '../commands/context.ts';
import { Progress } from '../printers/progress.ts';
import { nodesOf, portsOf } from '../supervisor/layout.ts';
import { UsageError } from '../supervisor/usage-error.ts';
import { type ComposeContext, type Opened, openProject, withCluster } from './open-project.ts';
import { ProjectObjects } from './project-objects.ts';
import { serviceState, waitingFor } from './service-state.ts';

const builtAnnotation = 'compose.berth.dev/image';

export interface UpFlags {
  /** Do not wait until all is healthy. */
  detach: boolean;
  build: boolean;
  removeOrphans: boolean;
  /** These and whom they need; all unless given. */
  services: readonly string[];
  timeoutSeconds: number;
}

/** `berth compose up`. */
export async function composeUp(context: ComposeContext, flags: UpFlags): Promise<void> {
  const opened = await openProject(context);
  const services = chosen(opened.converted.services, flags.services);
  await withCluster(context, async (api, cluster) => {
    const objects = new ProjectObjects(api, opened.project.name, opened.namespace.name, context.clock);
    const progress = new Progress(context.clock, context.write, context.isTerminal);
    const namespace = await objects.ownNamespace(opened.namespace.chosen);
    for (const service of services) {
      if (!service.build) continue;
      if (flags.build) await build(context, { service, plan: service.build, cluster, progress });
      else await keepBuilt(service, objects);
    }
    await progress.step(`namespace ${objects.namespace}${summary(opened.converted.objects)}`, async () => {
      if (!namespace && !opened.namespace.chosen) await objects.apply(opened.converted.namespace);
      for (const object of opened.converted.objects) await objects.apply(object);
    });
    await startAll({ services, objects, progress, flags });
    await tidy(context, { opened, objects, flags });
    context.write(await addresses(services, objects, cluster));
  });
}

function chosen(services: readonly ConvertedService[], names: readonly string[]): ConvertedService[] {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const service = services.find((each) => each.name === name);
    if (!service) throw new UsageError(`no such service: ${name}`);
    if (wanted.has(name)) return;
    wanted.add(name);
    for (const dependency of service.dependencies) want(dependency.service);
  };
  for (const name of names) want(name);
  return names.length === 0 ? [...services] : services.filter(({ name }) => wanted.has(name));
}

function summary(objects: readonly object[]): string {
  const kinds = new Map<string, number>();
  for (const { kind = '' } of objects as { kind?: string }[]) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => `, ${count} ${kind}`).join('');
}

interface Starting {
  services: readonly ConvertedService[];
  objects: ProjectObjects;
  progress: Progress;
  flags: UpFlags;
}

/** Each service as soon as its dependencies are as it wants them. */
async function startAll({ services, objects, progress, flags }: Starting): Promise<void> {
  const byName = new Map(services.map((service) => [service.name, service]));
  const started = new Map<string, Promise<void>>();
  const conditions = new Map<string, Promise<void>>();
  const reached = ({ service: name, condition }: Pick<Dependency, 'service' | 'condition'>): Promise<void> => {
    const key = `${name} ${condition}`;
    const known = conditions.get(key);
    if (known) return known;
    const found = started
      .get(name)!
      .then(() =>
        progress.step(`service ${name} ${condition}`, () =>
          waitFor(byName.get(name)!, condition, { objects, timeoutSeconds: flags.timeoutSeconds }),
        ),
      );
    conditions.set(key, found);
    return found;
  };
  for (const service of services) {
    const work = async (): Promise<void> => {
      for (const dependency of service.dependencies.filter(({ service: name }) => byName.has(name))) {
        try {
          await reached(dependency);
        } catch (err) {
          if (dependency.required) throw err; // it says which service it is of
        }
      }
      for (const object of [...service.services, ...service.policies]) await objects.apply(object);
      await objects.start(service.workload);
    };
    started.set(service.name, work());
  }
  const ends = services.map(async (service) => {
    await started.get(service.name);
    if (flags.detach) return;
    const awaited = [...conditions.keys()].includes(`${service.name} completed`);
    await reached({ service: service.name, condition: awaited ? 'completed' : 'healthy' });
  });
  const results = await Promise.allSettled(ends);
  const reasons = results.filter((result) => result.status === 'rejected').map(({ reason }) => (reason as Error).message);
  if (reasons.length > 0) throw new Error([...new Set(reasons)].join('\n  '));
}

async function waitFor(
  service: ConvertedService,
  condition: Dependency['condition'],
  { objects, timeoutSeconds }: { objects: ProjectObjects; timeoutSeconds: number },
): Promise<void> {
  let waiting = '';
  const done = await objects.eventually(async () => {
    const observed = await objects.observe(service);
    const state = serviceState(service, observed);
    if (state[condition]) return true;
    if (state.failure !== undefined) throw new Error(`service ${service.name} ${state.failure}`);
    waiting = waitingFor(observed.pods);
    return false;
  }, timeoutSeconds * 1000);
  if (!done) throw new Error(`service ${service.name} is not ${condition} after ${timeoutSeconds} s: ${waiting}`);
}

interface Building {
  service: ConvertedService;
  plan: BuildPlan;
  cluster: Cluster;
  progress: Progress;
}

/** The pods say what was built: another image of the same name brings new ones, which pull it. */
async function build(context: ComposeContext, { service, plan, cluster, progress }: Building): Promise<void> {
  const { layout, settings } = cluster;
  const registry = `localhost:${portsOf(settings).registry}`;
  const dockerfile =
    plan.inline === undefined ? plan.dockerfile && resolve(plan.contextDir, plan.dockerfile) : await inlineFile(layout.build, plan);
  const { digest } = await progress.step(`building ${service.name} from ${plan.contextDir}`, () =>
    context.buildImage({
      contextDir: plan.contextDir,
      ...(dockerfile !== undefined && { dockerfile }),
      ...(plan.target !== undefined && { target: plan.target }),
      tags: plan.tags.map((tag) => `${registry}/${tag}`),
      buildArgs: plan.args,
      noCache: plan.noCache,
      push: true,
      storeDir: layout.build,
      mirrors: [],
      authFile: layout.auth,
      images: imageRulesOf(settings),
      output: (text) => context.logger.debug({ text }, 'build'),
    }),
  );
  markBuilt(service, digest);
}

/** What was built before goes on: nothing of the pods changes. */
async function keepBuilt(service: ConvertedService, objects: ProjectObjects): Promise<void> {
  const { workload } = await objects.observe(service);
  const digest = lookUp(workload?.spec?.template.metadata?.annotations, builtAnnotation);
  if (digest !== undefined) markBuilt(service, digest);
}

function markBuilt(service: ConvertedService, digest: string): void {
  const { template } = service.workload.spec!;
  template.metadata!.annotations = { ...template.metadata!.annotations, [builtAnnotation]: digest };
  const [container] = template.spec!.containers;
  container!.imagePullPolicy ??= 'Always';
}

async function inlineFile(folder: string, { inline = '', tags }: BuildPlan): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${tags[0]!.replaceAll(/[^a-z0-9.-]/g, '_')}.Dockerfile`);
  await writeFile(path, inline);
  return path;
}

/** Services that the file has no more, and what they and former files left. */
async function tidy(
  context: ComposeContext,
  { opened, objects, flags }: { opened: Opened; objects: ProjectObjects; flags: UpFlags },
): Promise<void> {
  const { converted, project } = opened;
  const known = new Set([...Object.keys(project.services), ...project.disabled]);
  const workloads = (await Promise.all(['Deployment', 'DaemonSet', 'Job'].map((kind) => objects.list(kind)))).flat();
  const wanted = new Set(converted.services.map(({ workload }) => `${workload.kind!} ${workload.metadata.name!}`));
  const orphans: string[] = [];
  for (const { kind, metadata } of workloads) {
    const service = lookUp(metadata.labels, serviceLabel) ?? '';
    if (wanted.has(`${kind} ${metadata.name}`) || project.disabled.includes(service)) continue;
    if (known.has(service) || flags.removeOrphans) await objects.remove(kind, metadata.name!);
    else orphans.push(service);
  }
  if (orphans.length > 0)
    context.warn(
      `Found orphan services (${orphans.join(', ')}) of this project, which are not in the file: --remove-orphans removes them.`,
    );
  const kept = [
    ...converted.objects,
    ...converted.services.flatMap(({ services, policies }) => [...services, ...policies]),
  ] as KubeObject[];
  for (const kind of ['Service', 'NetworkPolicy', 'ConfigMap', 'Secret'])
    for (const { metadata } of await objects.list(kind)) {
      const service = lookUp(metadata.labels, serviceLabel) ?? '';
      if (orphans.includes(service) || project.disabled.includes(service)) continue;
      if (!kept.some((object) => object.kind === kind && object.metadata.name === metadata.name))
        await objects.remove(kind, metadata.name!);
    }
}

/** Where what is published can be reached. */
async function addresses(services: readonly ConvertedService[], objects: ProjectObjects, { settings }: Cluster): Promise<string> {
  const lines: string[] = [];
  const found = await objects.list<Service>('Service');
  for (const { name } of services)
    for (const { spec, status } of found.filter(({ metadata }) => lookUp(metadata.labels, serviceLabel) === name)) {
      const [ip] = (status?.loadBalancer?.ingress ?? []).flatMap((entry) => entry.ip ?? []);
      for (const { port, nodePort, protocol } of spec?.ports ?? []) {
        const at =
          spec?.type === 'NodePort'
            ? `${nodesOf(settings)[0]!.ip}:${nodePort}`
            : ip === undefined
              ? `port ${port}, without an address yet`
              : `${ip}:${port}`;
        lines.push(`  ${name.padEnd(20)} ${at}/${(protocol ?? 'TCP').toLowerCase()}\n`);
      }
    }
  return lines.length === 0 ? '' : `published:\n${lines.join('')}`;
}
