import { api, namespace, percentile, withNamespace } from './api.ts';
import { startEtcd } from './peers.ts';
import type { Row } from './run.ts';

const seconds = 5;

/** Acknowledged creates of 1 KB ConfigMaps through the whole API, next to raw puts of the same bytes into etcd. */
export async function writes(): Promise<Row[]> {
  const rows: Row[] = [];
  const text = 'x'.repeat(900);
  const etcd = await startEtcd();
  try {
    await withNamespace(async () => {
      for (const clients of [1, 64]) {
        const own = await load(clients, (id) =>
          api('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: `w-${clients}-${id}` }, data: { text } }),
        );
        const peer = etcd && (await load(clients, (id) => etcd.put(`w-${clients}-${id}`, text)));
        rows.push({
          what: `creates a second, ${clients} client${clients > 1 ? 's' : ''}`,
          value: `${own.perSecond.toFixed(0)} (p50 ${own.p50Ms.toFixed(1)} ms, p99 ${own.p99Ms.toFixed(1)} ms)`,
          peer: peer && `etcd puts ${peer.perSecond.toFixed(0)} (p50 ${peer.p50Ms.toFixed(1)} ms)`,
          ratio: peer && own.perSecond / peer.perSecond,
        });
      }
    });
  } finally {
    await etcd?.stop();
  }
  return rows;
}

async function load(
  clients: number,
  write: (id: string) => Promise<unknown>,
): Promise<{ perSecond: number; p50Ms: number; p99Ms: number }> {
  const times: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  const client = async (n: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const before = performance.now();
      await write(`${n}-${i}`);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  return { perSecond: times.length / ((performance.now() - started) / 1000), p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) };
}
