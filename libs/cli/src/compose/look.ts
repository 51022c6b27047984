import { stringify } from 'yaml';
import type { Container, Pod } from '#api/types';
import { lookUp } from '#base';
import { serviceLabel } from '#compose';
import { pathOf } from '../cluster-objects.ts';
import { shown } from '../printers/output.ts';
import { type ComposeContext, openNamespace, openProject, withCluster } from './open-project.ts';
import { ProjectObjects } from './project-objects.ts';

/** `berth compose config`: the application as it is after merging. */
export async function composeConfig(context: ComposeContext, output = 'yaml'): Promise<void> {
  const { project } = await openProject(context);
  const { name, services, networks, volumes, configs, secrets } = project;
  const model = Object.fromEntries(
    Object.entries({ services, networks, volumes, configs, secrets }).filter(([, section]) => Object.keys(section).length > 0),
  );
  context.write(output === 'json' ? `${JSON.stringify({ name, ...model }, null, 2)}\n` : stringify({ name, ...model }, { lineWidth: 0 }));
}

/** `berth compose convert`: the objects that `up` makes, for kubectl. */
export async function composeConvert(context: ComposeContext, output = 'yaml'): Promise<void> {
  const { converted, namespace } = await openProject(context);
  const within = [
    ...converted.objects,
    ...converted.services.flatMap(({ services, policies, workload }) => [...services, ...policies, workload]),
  ].map((object) => ({ ...object, metadata: { ...object.metadata, namespace: namespace.name } }));
  const all = [converted.namespace, ...within];
  context.write(
    output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: all }, null, 2)}\n`
      : all.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  );
}

/** `berth compose ps`. */
export async function composePs(context: ComposeContext, { output, all }: { output?: string; all: boolean }): Promise<void> {
  const { project, namespace } = await openNamespace(context);
  await withCluster(context, async (api) => {
    const pods = await new ProjectObjects(api, project, namespace.name, context.clock).list<Pod>('Pod');
    const rows = pods.filter(({ status }) => all || !['Succeeded', 'Failed'].includes(status?.phase ?? '')).map(rowOf);
    const columns = { NAME: 'name', SERVICE: 'service', STATUS: 'status', NODE: 'node', IMAGE: 'image' } as const;
    const cells = Object.fromEntries(Object.entries(columns).map(([header, key]) => [header, (row: Row) => row[key]]));
    context.write(shown({ items: rows, columns: cells, wide: { IP: ({ ip }) => ip, COMMAND: ({ command }) => command } }, output));
  });
}

type Row = ReturnType<typeof rowOf>;

function rowOf(pod: Pod) {
  const { metadata, spec, status } = pod;
  const [container] = spec?.containers ?? [];
  return {
    name: metadata.name ?? '',
    service: serviceOf(pod),
    status: statusOf(pod),
    node: spec?.nodeName ?? '',
    image: (container?.image ?? '').replace(/@sha256:.*$/, ''),
    ip: status?.podIP ?? '',
    command: commandOf(container),
  };
}

const serviceOf = ({ metadata }: Pick<Pod, 'metadata'>): string => lookUp(metadata.labels, serviceLabel) ?? '';
const commandOf = (container: Container | undefined): string => [...(container?.command ?? []), ...(container?.args ?? [])].join(' ');

function statusOf({ metadata, spec, status }: Pod): string {
  const [container] = status?.containerStatuses ?? [];
  if (metadata.deletionTimestamp !== undefined) return 'ending';
  if (container?.state?.waiting?.reason !== undefined) return container.state.waiting.reason;
  const { terminated, running } = container?.state ?? {};
  if (terminated) return `exited (${terminated.exitCode})`;
  if (!running) return (status?.phase ?? 'Pending').toLowerCase();
  return spec?.containers[0]?.readinessProbe ? `running (${container!.ready ? 'healthy' : 'not healthy'})` : 'running';
}

export interface LogFlags {
  follow: boolean;
  tail?: string;
  since?: string;
  timestamps: boolean;
  prefix: boolean;
  services: readonly string[];
}

/** `berth compose logs`: of the pods that are there when it begins. */
export async function composeLogs(context: ComposeContext, flags: LogFlags): Promise<void> {
  const { project, namespace } = await openNamespace(context);
  await withCluster(context, async (api) => {
    const pods = await new ProjectObjects(api, project, namespace.name, context.clock).list<Pod>('Pod');
    const wanted = pods.filter((pod) => flags.services.length === 0 || flags.services.includes(serviceOf(pod)));
    const query = new URLSearchParams({
      follow: String(flags.follow),
      timestamps: String(flags.timestamps),
      ...(flags.tail !== undefined && flags.tail !== 'all' && { tailLines: flags.tail }),
      ...(flags.since !== undefined && { sinceSeconds: flags.since }),
    });
    const width = Math.max(0, ...wanted.map(({ metadata }) => metadata.name!.length));
    const print = async ({ metadata }: Pod): Promise<void> => {
      const prefix = flags.prefix ? `${metadata.name!.padEnd(width)}  | ` : '';
      let rest = '';
      for await (const chunk of api.stream(`${pathOf('Pod', namespace.name)}/${metadata.name!}/log?${query.toString()}`)) {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop()!;
        for (const line of lines) context.write(`${prefix}${line}\n`);
      }
      if (rest !== '') context.write(`${prefix}${rest}\n`);
    };
    // Together where they go on; else one after the other, so that each is whole.
    if (flags.follow) await Promise.all(wanted.map(print));
    else for (const pod of wanted) await print(pod);
  });
}
