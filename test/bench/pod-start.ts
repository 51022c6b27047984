import { api, image, namespace, percentile, watch, withNamespace } from './api.ts';
import { dockerRun } from './docker.ts';
import { podmanRun } from './peers.ts';
import type { Row } from './run.ts';

const rounds = 20;

const pods = `/api/v1/namespaces/${namespace}/pods`;

/** From the acknowledged create of a pod to the moment at which a watch sees it Running, one pod after the other. */
export function startTimes(create: (name: string) => Promise<unknown>): Promise<number[]> {
  return withNamespace(async () => {
    const running = new Map<string, (atMs: number) => void>();
    const seenPods = watch(`${pods}?watch=1`, ({ object }, atMs) => {
      if (object.status?.phase === 'Running') running.get(object.metadata.name)?.(atMs);
    });
    await seenPods.open;
    const measured: number[] = [];
    for (let i = 0; i <= rounds; i++) {
      const name = `start-${i}`;
      const seen = new Promise<number>((resolve) => running.set(name, resolve));
      await create(name);
      const acknowledgedMs = performance.now();
      const runningMs = await seen;
      if (i > 0) measured.push(runningMs - acknowledgedMs); // the first one warms up
      await api('DELETE', `${pods}/${name}?gracePeriodSeconds=0`);
    }
    seenPods.stop();
    return measured;
  });
}

export async function podStart(): Promise<Row[]> {
  const times = await startTimes((name) => api('POST', pods, pod(name)));
  const p50 = percentile(times, 50);
  const peers = [await dockerRun(rounds), await podmanRun(rounds)].filter((peer) => peer !== undefined);
  return [
    { what: 'pod create → Running, p50', value: `${p50.toFixed(0)} ms` },
    ...peers.map(({ name, p50Ms }) => ({
      what: 'the same',
      value: `${p50.toFixed(0)} ms`,
      peer: `${name} ${p50Ms.toFixed(0)} ms`,
      ratio: p50 / p50Ms,
    })),
    { what: 'pod create → Running, p99', value: `${percentile(times, 99).toFixed(0)} ms` },
  ];
}

export function pod(name: string, spec: object = {}): object {
  const containers = [{ name: 'c', image, command: ['sleep', '1000'] }];
  return { metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers, ...spec } };
}
