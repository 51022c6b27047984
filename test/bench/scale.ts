import { api, image, namespace, percentile, settled, until, withNamespace } from './api.ts';
import { swarmScale } from './docker.ts';
import { memory } from './memory.ts';
import type { Row } from './run.ts';

const rounds = 3;
/** Until the burst is over: parts that have become idle give memory back within 20 s. */
const restMs = 60_000;

/** A deployment of 3 replicas to 30: from the acknowledged change of scale until all are Ready, the median of three. */
export async function scale(): Promise<Row[]> {
  const { seconds, memoryRows } = await withNamespace(async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    await api('POST', path, deployment(3));
    const ready = async (count: number): Promise<boolean> => (await api('GET', `${path}/scale`)).status?.readyReplicas === count;
    const scaleTo = (replicas: number): Promise<unknown> =>
      api('PATCH', `${path}/scale`, { spec: { replicas } }, 'application/merge-patch+json');
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await scaleTo(3);
      await until(
        '3 replicas',
        async () => (await ready(3)) && (await api('GET', `/api/v1/namespaces/${namespace}/pods`)).items.length === 3,
      );
      await settled();
      await scaleTo(30);
      const started = performance.now();
      await until('30 replicas', () => ready(30));
      times.push((performance.now() - started) / 1000);
    }
    await new Promise((resolve) => setTimeout(resolve, restMs));
    return { seconds: percentile(times, 50), memoryRows: await memory() };
  });
  const peer = await swarmScale(3, 30, rounds);
  return [
    { what: 'deployment 3 → 30, all Ready', value: `${seconds.toFixed(2)} s`, peer: peer && `${peer.name} ${peer.seconds.toFixed(2)} s` },
    {
      what: 'replicas started a second',
      value: (27 / seconds).toFixed(1),
      peer: peer && `${peer.name} ${(27 / peer.seconds).toFixed(1)}`,
      ratio: peer && peer.seconds / seconds,
    },
    ...memoryRows.map(({ what, ...row }) => ({ ...row, what: `${what}, with 30 pods` })),
  ];
}

function deployment(replicas: number): object {
  return {
    metadata: { name: 'scale' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'scale' } },
      template: {
        metadata: { labels: { app: 'scale' } },
        spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image, command: ['sleep', '1000'] }] },
      },
    },
  };
}
