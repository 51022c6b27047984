import { creator, namespace, percentile, withNamespace } from './api.ts';
import { startEtcd } from './peers.ts';
import type { Row } from './run.ts';

const seconds = 5;
/** Before it: the api-server's code is compiled while it runs, and what is asked for is how fast it is, not how soon. */
const warmUpSeconds = 10;

/** Acknowledged creates of 1 KB ConfigMaps through the whole API, next to raw puts of the same bytes into etcd. */
export async function writes(): Promise<Row[]> {
  const rows: Row[] = [];
  const text = 'x'.repeat(900);
  const etcd = await startEtcd();
  const creating = creator(`/api/v1/namespaces/${namespace}/configmaps`, (name) => ({ metadata: { name }, data: { text } }));
  try {
    await withNamespace(async () => {
      const put = etcd && ((name: string): Promise<unknown> => etcd.put(name, text));
      await load(64, (id) => creating.create(`warm-${id}`), warmUpSeconds);
      if (put) await load(64, (id) => put(`warm-${id}`), warmUpSeconds);
      for (const clients of [1, 64]) {
        const own = await load(clients, (id) => creating.create(`w-${clients}-${id}`));
        const peer = put && (await load(clients, (id) => put(`w-${clients}-${id}`)));
        rows.push({
          what: `creates a second, ${clients} client${clients > 1 ? 's' : ''}`,
          value: `${own.perSecond.toFixed(0)} (p50 ${own.p50Ms.toFixed(1)} ms, p99 ${own.p99Ms.toFixed(1)} ms)`,
          peer: peer && `etcd puts ${peer.perSecond.toFixed(0)} (p50 ${peer.p50Ms.toFixed(1)} ms)`,
          ratio: peer && own.perSecond / peer.perSecond,
        });
      }
    });
  } finally {
    creating.close();
    await etcd?.stop();
  }
  return rows;
}

/** Writes for some seconds by clients that each wait for the answer. */
export async function load(
  clients: number,
  write: (id: string) => Promise<unknown>,
  forSeconds = seconds,
): Promise<{ perSecond: number; p50Ms: number; p99Ms: number }> {
  const times: number[] = [];
  const started = performance.now();
  const end = started + forSeconds * 1000;
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
