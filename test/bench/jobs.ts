import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { api, home, image, namespace, watch, withNamespace } from './api.ts';
import { processorMs } from './registry.ts';
import type { Row } from './run.ts';

const count = 200;

/** 200 Jobs of one short pod at once: from the first create until a watch has seen the last one Complete. */
export async function jobs(): Promise<Row[]> {
  const { seconds, spent } = await withNamespace(async () => {
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    const complete = new Set<string>();
    let told: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (told = resolve));
    const seen = watch(`${path}?watch=1`, ({ object }) => {
      if (!object.status?.completionTime) return;
      complete.add(object.metadata.name);
      if (complete.size === count) told();
    });
    await seen.open;
    const before = processorTimes();
    const started = performance.now();
    await Promise.all(Array.from({ length: count }, (_, i) => api('POST', path, job(`job-${i}`))));
    await all;
    const time = (performance.now() - started) / 1000;
    const used = processorTimes();
    seen.stop();
    await api('DELETE', `${path}?propagationPolicy=Background`);
    return { seconds: time, spent: [...used].map(([name, at]) => ({ name, ms: (at - (before.get(name) ?? at)) / count })) };
  });
  return [
    { what: `${count} Jobs of one pod, all Complete`, value: `${seconds.toFixed(1)} s` },
    { what: 'Jobs a second', value: (count / seconds).toFixed(1) },
    ...spent.map(({ name, ms }) => ({ what: `processor time of a Job, ${name}`, value: `${ms.toFixed(1)} ms` })),
  ];
}

function job(name: string): object {
  const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, command: ['true'] }] };
  return { metadata: { name }, spec: { template: { spec } } };
}

/** What the processes of the cluster have used, without the containers. */
function processorTimes(): Map<string, number> {
  const parts = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid'));
  const agents = readdirSync(join(home, 'nodes')).map((node) => join('nodes', node, 'agent.pid'));
  return new Map(
    [...parts.map((file) => join('run', file)), ...agents].map((file) => [
      nameOf(file),
      processorMs(Number(readFileSync(join(home, file), 'utf8'))),
    ]),
  );
}

const nameOf = (file: string): string =>
  file.startsWith('nodes') ? `agent ${file.split('/')[1]}` : file.slice('run/'.length, -'.pid'.length);
