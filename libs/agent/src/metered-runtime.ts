import type { Clock } from '#base';
import type { ContainerRuntime } from '#runtime/containers.contract';
import type { AgentMetrics } from './metrics.ts';

/** CRI's names of the operations, which the kubelet's metrics carry. */
const operations: Partial<Record<keyof ContainerRuntime, string>> = {
  createSandbox: 'run_podsandbox',
  removeSandbox: 'remove_podsandbox',
  create: 'create_container',
  start: 'start_container',
  kill: 'stop_container',
  remove: 'remove_container',
  exec: 'exec_sync',
  attach: 'attach',
  update: 'update_container',
};

/** The runtime, with its operations counted and timed. */
export function meteredRuntime(runtime: ContainerRuntime, metrics: AgentMetrics, clock: Clock): ContainerRuntime {
  return new Proxy(runtime, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const operation = operations[property as keyof ContainerRuntime];
      const call = value as (...args: unknown[]) => unknown;
      if (!operation) return call.bind(target);
      return async (...args: unknown[]) => {
        const began = clock.monotonicMs();
        metrics.operations.inc({ operation_type: operation });
        try {
          return await call.apply(target, args);
        } catch (err) {
          metrics.operationErrors.inc({ operation_type: operation });
          throw err;
        } finally {
          metrics.operationSeconds.observe({ operation_type: operation }, (clock.monotonicMs() - began) / 1000);
        }
      };
    },
  });
}
