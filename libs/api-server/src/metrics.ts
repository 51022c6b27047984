import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Upstream's buckets of `apiserver_request_duration_seconds`. */
const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const requestLabels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'dry_run'] as const;

export type ServerMetrics = ReturnType<typeof createServerMetrics>;

/** Looking a series up by its labels costs more than counting: each is kept, as the registry keeps it. Labels come in one order always. */
export function seriesOf<L extends object, S>(metric: { labels(labels: L): S }): (labels: L) => S {
  const known = new Map<string, S>();
  return (labels) => {
    const key = Object.values(labels).join('\n');
    let series = known.get(key);
    if (series === undefined) known.set(key, (series = metric.labels(labels)));
    return series;
  };
}

/** `k8s.io/apiserver/pkg/endpoints/metrics`: names and labels as there. */
export function createServerMetrics(registry: Registry) {
  const registers = [registry];
  return {
    requests: seriesOf(
      new Counter({
        name: 'apiserver_request_total',
        help: 'API requests by verb, dry run, group, version, resource, scope, component and HTTP status code.',
        labelNames: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
        registers,
      }),
    ),
    duration: seriesOf(
      new Histogram({
        name: 'apiserver_request_duration_seconds',
        help: 'Time to answer a request, by verb, dry run, group, version, resource, subresource and scope.',
        labelNames: [...requestLabels, 'component'],
        buckets: durationBuckets,
        registers,
      }),
    ),
    inflight: seriesOf(
      new Gauge({
        name: 'apiserver_current_inflight_requests',
        help: 'Requests that are being served, reads and writes apart.',
        labelNames: ['request_kind'],
        registers,
      }),
    ),
    longRunning: new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches and streams that are open.',
      labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
      registers,
    }),
    registeredWatchers: new Gauge({
      name: 'apiserver_registered_watchers',
      help: 'Watches that are open, by kind.',
      labelNames: ['group', 'version', 'kind'],
      registers,
    }),
    watchEvents: new Counter({
      name: 'apiserver_watch_events_total',
      help: 'Events sent to watchers.',
      labelNames: ['group', 'version', 'kind'],
      registers,
    }),
    storageObjects: new Gauge({
      name: 'apiserver_storage_objects',
      help: 'Objects in the store, by resource.',
      labelNames: ['resource'],
      registers,
    }),
    rejected: new Counter({
      name: 'apiserver_dropped_requests_total',
      help: 'Requests refused because too many were being served.',
      labelNames: ['request_kind'],
      registers,
    }),
    admissionDuration: seriesOf(
      new Histogram({
        name: 'apiserver_admission_controller_admission_duration_seconds',
        help: 'Time an admission plugin took.',
        labelNames: ['name', 'operation', 'rejected', 'type'],
        buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5],
        registers,
      }),
    ),
  };
}
