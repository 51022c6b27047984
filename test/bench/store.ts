// Writes a second into a private Redis (append-only file, fsync at each answer) from 1, 64 and 256 clients, without the API above.
// Compiled with the rest of test/bench; the first argument is the seconds per measurement.
import { Registry } from 'prom-client';
import { systemClock } from '#base';
import { connectStore } from '#store';
import { RedisServer } from '#store/testing';
import { silentLogger } from '#telemetry';

const seconds = Number(process.argv[2] ?? 3);
const value = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { text: 'x'.repeat(900) } });

async function measure(clients: number): Promise<void> {
  const server = await RedisServer.start();
  const registry = new Registry();
  const { url, passwordFile } = server;
  const store = await connectStore({ url, passwordFile, cluster: 'bench', clock: systemClock, logger: silentLogger, registry });
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1000;
  const client = async (id: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const started = performance.now();
      await store.write([{ key: `/configmaps/default/c${id}-${i % 1000}`, expect: 'any', value }]);
      latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, id) => client(id)));
  latencies.sort((a, b) => a - b);
  const at = (share: number): string => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
  console.log(`${clients} clients: ${Math.round(latencies.length / seconds)} writes/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  await store.close();
  await server.stop();
}

for (const clients of [1, 64, 256]) await measure(clients);
