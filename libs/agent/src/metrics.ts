import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What is counted when it is asked for. */
export interface Figures {
  pods(): number;
  containers(): number;
}

/** The kubelet's metrics, by its names. */
/** `probes`: what `/metrics/probes` shows. */
export function agentMetrics({ registry, probes }: { registry: Registry; probes: Registry }, figures: Figures) {
  const registers = [registry];
  return {
    runningPods: new Gauge({
      name: 'kubelet_running_pods',
      help: 'Number of pods that have a running pod sandbox',
      registers,
      collect() {
        this.set(figures.pods());
      },
    }),
    runningContainers: new Gauge({
      name: 'kubelet_running_containers',
      help: 'Number of containers currently running',
      labelNames: ['container_state'],
      registers,
      collect() {
        this.set({ container_state: 'running' }, figures.containers());
      },
    }),
    podStartSeconds: new Histogram({
      name: 'kubelet_pod_start_duration_seconds',
      help: 'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
      buckets: [0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 180, 300],
      registers,
    }),
    podWorkerStartSeconds: new Histogram({
      name: 'kubelet_pod_worker_start_duration_seconds',
      help: 'Duration in seconds from kubelet seeing a pod to starting a worker',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    ...runtimeMetrics(registers),
    imagePullSeconds: new Histogram({
      name: 'kubelet_image_pull_duration_seconds',
      help: 'Duration in seconds to pull an image',
      buckets: [0.1, 0.5, 1, 5, 10, 20, 30, 60, 180, 300, 600],
      registers,
    }),
    containersStarted: new Counter({
      name: 'kubelet_started_containers_total',
      help: 'Cumulative number of containers started',
      labelNames: ['container_type'],
      registers,
    }),
    containerStartErrors: new Counter({
      name: 'kubelet_started_containers_errors_total',
      help: 'Cumulative number of errors when starting containers',
      labelNames: ['container_type', 'code'],
      registers,
    }),
    podsStarted: new Counter({ name: 'kubelet_started_pods_total', help: 'Cumulative number of pods started', registers }),
    probes: new Counter({
      name: 'prober_probe_total',
      help: 'Cumulative number of a liveness, readiness or startup probe for a container by result.',
      labelNames: ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid'],
      registers: [probes],
    }),
  };
}

function runtimeMetrics(registers: Registry[]) {
  return {
    operations: new Counter({
      name: 'kubelet_runtime_operations_total',
      help: 'Cumulative number of runtime operations by operation type',
      labelNames: ['operation_type'],
      registers,
    }),
    operationErrors: new Counter({
      name: 'kubelet_runtime_operations_errors_total',
      help: 'Cumulative number of runtime operation errors by operation type',
      labelNames: ['operation_type'],
      registers,
    }),
    operationSeconds: new Histogram({
      name: 'kubelet_runtime_operations_duration_seconds',
      help: 'Duration in seconds of runtime operations by operation type',
      labelNames: ['operation_type'],
      buckets: [0.005, 0.0125, 0.03125, 0.078125, 0.1953125, 0.48828125, 1.220703125, 3.0517578125, 7.62939453125],
      registers,
    }),
  };
}

/** What parts of the agent count with, by our own names. */
export type AgentMetrics = ReturnType<typeof agentMetrics>;
