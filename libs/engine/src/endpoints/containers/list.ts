import { healthOf } from '../../containers/health.ts';
import type { ContainerRecord } from '../../containers/record.ts';
import { containerSummary } from '../../containers/views.ts';
import type { Engine } from '../../engine.ts';
import { badParameter, EngineError } from '../../errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { exposedPorts } from '../../networks/ports.ts';
import { Filters, flag, whole } from '../../http/query.ts';

const known = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];
const statuses = ['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'];
const healths = ['none', 'starting', 'healthy', 'unhealthy'];

export const list: Endpoint = {
  method: 'GET',
  path: '/containers/json',
  async handle({ query }, engine) {
    const filters = Filters.of(query, known);
    for (const status of filters.get('status')) if (!statuses.includes(status)) throw badParameter(`invalid filter 'status=${status}'`);
    for (const health of filters.get('health'))
      if (!healths.includes(health)) throw badParameter(`Unrecognised filter value for health: ${health}`);
    const limit = whole(query, 'limit') ?? 0;
    const all = flag(query, 'all') || limit > 0 || ['before', 'since', 'status', 'exited'].some((name) => filters.has(name));
    const accepts = await matcher(engine, filters);
    const found = (await engine.everything())
      .toReversed()
      .filter((record) => (all || engine.containers.isRunning(record)) && accepts(record));
    const shown = limit > 0 ? found.slice(0, limit) : found;
    const json = await Promise.all(
      shown.map(async (record) => containerSummary(engine, record, flag(query, 'size') ? await engine.sizesOf(record) : undefined)),
    );
    return { status: 200, json };
  },
};

/** Whether a container passes the filters. Throws for those that name a container that is not there. */
export async function matcher(engine: Engine, filters: Filters): Promise<(record: ContainerRecord) => boolean> {
  const { containers } = engine;
  const ages = (name: string): Promise<string[]> =>
    Promise.all(filters.get(name).map(async (reference) => (await engine.find(reference)).created));
  const [before, since] = await Promise.all([ages('before'), ages('since')]);
  const ancestors = await Promise.all(filters.get('ancestor').map(async (reference) => (await engine.images.find(reference))?.id));
  return (record) =>
    filters.some('id', (id) => record.id.startsWith(id)) &&
    filters.some('name', (name) => matches(name, record.name)) &&
    filters.some('status', (status) => containers.status(record) === status) &&
    filters.some('exited', (code) => containers.status(record) === 'exited' && record.state.exitCode === Number(code)) &&
    filters.some('network', (network) => networksOf(record).includes(network)) &&
    filters.some('volume', (volume) => record.mounts.some(({ Name, Destination }) => volume === Name || volume === Destination)) &&
    filters.some('health', (health) => health === healthOf(record.state)) &&
    filters.some('is-task', (task) => isTrue(task) === (record.pod !== undefined)) &&
    filters.some('expose', (ports) => inRange(ports, exposedPorts(record.config, record.hostConfig))) &&
    filters.some('publish', (ports) => inRange(ports, publishedPorts(record))) &&
    before.every((created) => record.created < created) &&
    since.every((created) => record.created > created) &&
    (ancestors.length === 0 || ancestors.includes(record.imageId)) &&
    filters.labels(record.config.Labels);
}

/** What an orchestrator runs, as Docker's own runs tasks. */
const isTrue = (text: string): boolean => ['1', 'true'].includes(text.toLowerCase());

function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name) || new RegExp(pattern).test(`/${name}`);
  } catch (err) {
    throw new EngineError(400, `invalid filter 'name=${pattern}'`, { cause: err });
  }
}

/** Names and ids. */
const networksOf = ({ endpoints }: ContainerRecord): string[] =>
  Object.entries(endpoints).flatMap(([name, { NetworkID }]) => (NetworkID === undefined ? [name] : [name, NetworkID]));

/** Ports of the node, as `8080/tcp`. */
const publishedPorts = ({ published }: ContainerRecord): string[] =>
  Object.entries(published ?? {}).flatMap(([key, bindings]) => bindings.map(({ HostPort }) => `${HostPort}/${key.split('/')[1]}`));

/** `80`, `80/udp` or `80-90/tcp`. Throws 400. */
function inRange(text: string, ports: readonly string[]): boolean {
  const [, from, to = from, protocol = 'tcp'] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-z]+))?$/.exec(text) ?? [];
  if (from === undefined) throw badParameter(`invalid port specification: ${JSON.stringify(text)}`);
  return ports.some((key) => {
    const [port, of] = key.split('/');
    return of === protocol && Number(port) >= Number(from) && Number(port) <= Number(to);
  });
}
