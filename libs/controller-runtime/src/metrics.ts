import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** `k8s.io/component-base/metrics/prometheus/workqueue`: names, labels and buckets. */
export class WorkQueueMetrics {
  private readonly depth: Gauge<'name'>;
  private readonly adds: Counter<'name'>;
  private readonly retries: Counter<'name'>;
  private readonly waited: Histogram<'name'>;
  private readonly worked: Histogram<'name'>;
  private readonly unfinished: Gauge<'name'>;
  private readonly longest: Gauge<'name'>;
  private readonly running = new Map<string, () => readonly number[]>();

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ['name'] as const;
    this.depth = new Gauge({ name: 'workqueue_depth', help: 'Current depth of workqueue', labelNames, registers });
    this.adds = new Counter({ name: 'workqueue_adds_total', help: 'Total number of adds handled by workqueue', labelNames, registers });
    this.retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Total number of retries handled by workqueue',
      labelNames,
      registers,
    });
    this.waited = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'How long in seconds an item stays in workqueue before being requested.',
      labelNames,
      buckets,
      registers,
    });
    this.worked = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long in seconds processing an item from workqueue takes.',
      labelNames,
      buckets,
      registers,
    });
    const { running } = this;
    this.unfinished = new Gauge({
      name: 'workqueue_unfinished_work_seconds',
      help: "How many seconds of work has done that is in progress and hasn't been observed by work_duration.",
      labelNames,
      registers,
      collect() {
        for (const [name, secondsOf] of running)
          this.set(
            { name },
            secondsOf().reduce((sum, s) => sum + s, 0),
          );
      },
    });
    this.longest = new Gauge({
      name: 'workqueue_longest_running_processor_seconds',
      help: 'How many seconds has the longest running processor for workqueue been running.',
      labelNames,
      registers,
      collect() {
        for (const [name, secondsOf] of running) this.set({ name }, Math.max(0, ...secondsOf()));
      },
    });
  }

  /** Registers a queue; `running` answers for how many seconds each worker has been at its key. */
  queue(name: string, running: () => readonly number[]): QueueMetrics {
    this.running.set(name, running);
    this.unfinished.set({ name }, 0);
    this.longest.set({ name }, 0);
    return {
      depth: (depth) => this.depth.set({ name }, depth),
      added: () => this.adds.inc({ name }),
      retried: () => this.retries.inc({ name }),
      waited: (seconds) => this.waited.observe({ name }, seconds),
      worked: (seconds) => this.worked.observe({ name }, seconds),
    };
  }
}

export interface QueueMetrics {
  depth(depth: number): void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}
