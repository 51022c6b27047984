import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Names and labels as the Docker registry (distribution) has them. */
export class RegistryMetrics {
  readonly requests: Counter<'code' | 'handler' | 'method'>;
  readonly inFlight: Gauge<'handler'>;
  readonly duration: Histogram<'handler' | 'method'>;
  readonly requestSize: Histogram<'handler'>;
  readonly responseSize: Histogram<'handler'>;
  readonly removedBytes: Counter;
  readonly events: Counter<'endpoint' | 'outcome'>;

  /** Registers all of them; throws for a registry that has them already. */
  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'registry_http_requests_total',
      help: 'Total number of HTTP requests made.',
      labelNames: ['code', 'handler', 'method'],
      registers,
    });
    this.inFlight = new Gauge({
      name: 'registry_http_in_flight_requests',
      help: 'The in-flight HTTP requests.',
      labelNames: ['handler'],
      registers,
    });
    this.duration = new Histogram({
      name: 'registry_http_request_duration_seconds',
      help: 'The HTTP request latencies in seconds.',
      labelNames: ['handler', 'method'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100],
      registers,
    });
    const sizes = [1024, 16_384, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456, 1_073_741_824];
    this.requestSize = new Histogram({
      name: 'registry_http_request_size_bytes',
      help: 'The HTTP request sizes in bytes.',
      labelNames: ['handler'],
      buckets: sizes,
      registers,
    });
    this.responseSize = new Histogram({
      name: 'registry_http_response_size_bytes',
      help: 'The HTTP response sizes in bytes.',
      labelNames: ['handler'],
      buckets: sizes,
      registers,
    });
    this.removedBytes = new Counter({
      name: 'berth_registry_garbage_removed_bytes_total',
      help: 'Bytes that garbage collection has deleted.',
      registers,
    });
    this.events = new Counter({
      name: 'berth_registry_notifications_total',
      help: 'Events for endpoints of notifications: queued, sent, failed (and tried again) and dropped.',
      labelNames: ['endpoint', 'outcome'],
      registers,
    });
  }
}
