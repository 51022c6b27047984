import { api, image, namespace, until, withNamespace } from './api.ts';
import type { Row } from './run.ts';

/** A deployment of 3 replicas to 30: from the acknowledged change of scale until all are Ready. */
export async function scale(): Promise<Row[]> {
  return withNamespace(async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    await api('POST', path, deployment(3));
    const ready = async (count: number): Promise<boolean> => (await api('GET', `${path}/scale`)).status?.readyReplicas === count;
    await until('3 replicas', () => ready(3));
    await api('PATCH', `${path}/scale`, { spec: { replicas: 30 } }, 'application/merge-patch+json');
    const started = performance.now();
    await until('30 replicas', () => ready(30));
    const seconds = (performance.now() - started) / 1000;
    const perSecond = 27 / seconds;
    return [
      { what: 'deployment 3 → 30, all Ready', value: `${seconds.toFixed(2)} s` },
      {
        what: 'replicas started a second',
        value: perSecond.toFixed(1),
        peer: 'Docker Swarm 5.6 (as measured on two cores)',
        ratio: perSecond / 5.6,
      },
    ];
  });
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
