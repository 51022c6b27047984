import { collectDefaultMetrics, Registry } from 'prom-client';

/** A metrics registry with the figures of this process (`process_cpu_seconds_total`, `process_resident_memory_bytes`, event-loop lag, …). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
