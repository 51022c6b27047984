import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What one process does with its store. `operation`: write, get, list, revision, claims. */
export function storeMetrics(registry: Registry) {
  return {
    duration: new Histogram({
      name: 'berth_store_request_duration_seconds',
      help: 'Time from a call of the store to its answer.',
      labelNames: ['operation'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    }),
    errors: new Counter({
      name: 'berth_store_request_errors_total',
      help: 'Calls of the store that failed, by StoreError code.',
      labelNames: ['operation', 'code'],
      registers: [registry],
    }),
    batch: new Histogram({
      name: 'berth_store_batch_writes',
      help: 'Writes that went to the store in one call.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers: [registry],
    }),
    outcomes: new Counter({
      name: 'berth_store_writes_total',
      help: 'Writes by outcome: ok, conflict, exists, absent, claimed.',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  };
}

export type StoreMetrics = ReturnType<typeof storeMetrics>;

/** Names of kube-apiserver's watch cache where it has them. `resource` is `pods`, `group` is '' for core. */
export function watchCacheMetrics(registry: Registry) {
  const labelNames = ['group', 'resource'] as const;
  const registers = [registry];
  return {
    received: new Counter({
      name: 'apiserver_watch_cache_events_received_total',
      help: 'Counter of events received in watch cache broken by resource type.',
      labelNames,
      registers,
    }),
    dispatched: new Counter({
      name: 'apiserver_watch_cache_events_dispatched_total',
      help: 'Counter of events dispatched in watch cache broken by resource type.',
      labelNames,
      registers,
    }),
    initializations: new Counter({
      name: 'apiserver_watch_cache_initializations_total',
      help: 'Counter of watch cache initializations.',
      registers,
    }),
    terminated: new Counter({
      name: 'apiserver_terminated_watchers_total',
      help: 'Counter of watchers closed due to unresponsiveness broken by resource type.',
      labelNames,
      registers,
    }),
    revision: new Gauge({
      name: 'apiserver_watch_cache_resource_version',
      help: 'Current resource version of watch cache.',
      registers,
    }),
    readWait: new Histogram({
      name: 'apiserver_watch_cache_read_wait_seconds',
      help: 'Histogram of time spent waiting for a watch cache to become fresh.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3],
      registers,
    }),
  };
}

export type WatchCacheMetrics = ReturnType<typeof watchCacheMetrics>;
