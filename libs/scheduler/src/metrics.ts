import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

/** 'error' is a binding that was refused, not a pod that fits nowhere. */
export type Result = 'scheduled' | 'unschedulable' | 'error';

const profile = 'default-scheduler';
const seconds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** kube-scheduler's metrics, by their names. */
export function schedulerMetrics(registry: Registry, queue: SchedulingQueue) {
  const attempts = new Counter({
    name: 'scheduler_schedule_attempts_total',
    help: 'Number of attempts to schedule pods, by the result.',
    labelNames: ['result', 'profile'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'scheduler_scheduling_attempt_duration_seconds',
    help: 'Scheduling attempt latency in seconds (decision and binding).',
    labelNames: ['result', 'profile'],
    buckets: seconds,
    registers: [registry],
  });
  const sli = new Histogram({
    name: 'scheduler_pod_scheduling_sli_duration_seconds',
    help: 'Latency from the creation of a pod to its binding.',
    labelNames: ['attempts'],
    buckets: Array.from({ length: 20 }, (_, i) => 0.01 * 2 ** i),
    registers: [registry],
  });
  const preemptions = new Counter({
    name: 'scheduler_preemption_attempts_total',
    help: 'Total preemption attempts in the cluster.',
    registers: [registry],
  });
  const victims = new Histogram({
    name: 'scheduler_preemption_victims',
    help: 'Number of selected preemption victims.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [registry],
  });
  new Gauge({
    name: 'scheduler_pending_pods',
    help: 'Number of pending pods, by the queue type.',
    labelNames: ['queue'],
    registers: [registry],
    collect() {
      for (const [name, count] of Object.entries(queue.counts())) this.set({ queue: name }, count);
    },
  });
  return {
    attempt(result: Result, durationSeconds: number): void {
      attempts.inc({ result, profile });
      duration.observe({ result, profile }, durationSeconds);
    },
    bound(sinceCreationSeconds: number, tries: number): void {
      sli.observe({ attempts: String(tries) }, sinceCreationSeconds);
    },
    preempted(count: number): void {
      preemptions.inc();
      if (count > 0) victims.observe(count);
    },
  };
}
