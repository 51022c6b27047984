import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '#api';

interface Resourced {
  restartPolicy?: string;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
}

/** The parts of a PodSpec that resources depend on. */
export interface ResourcedPod {
  containers?: readonly Resourced[];
  initContainers?: readonly Resourced[];
  resources?: Resourced['resources'];
  overhead?: Record<string, string>;
}

type Totals = Map<string, Quantity>;

/** What the containers ask for together, at the worst moment of the pod's life: start-up beside the sidecars (KEP-753), or running. */
export function containerTotals(pod: ResourcedPod, list: 'requests' | 'limits'): Totals {
  const running: Totals = new Map();
  const peak: Totals = new Map();
  const add = (container: Resourced): void => {
    for (const [name, value] of Object.entries(container.resources?.[list] ?? {}))
      running.set(name, addQuantities(running.get(name) ?? parseQuantity('0'), value));
  };
  for (const container of pod.initContainers ?? []) {
    if (container.restartPolicy === 'Always') add(container);
    else
      for (const [name, value] of Object.entries(container.resources?.[list] ?? {}))
        raise(peak, name, addQuantities(value, running.get(name) ?? parseQuantity('0')));
    for (const [name, value] of running) raise(peak, name, value);
  }
  for (const container of pod.containers ?? []) add(container);
  for (const [name, value] of running) raise(peak, name, value);
  return peak;
}

/** What the pod takes as a whole: `k8s.io/component-helpers/resource`, PodRequests and PodLimits. Overhead adds to limits that are there. */
export function podTotals(pod: ResourcedPod, list: 'requests' | 'limits'): Totals {
  const totals = containerTotals(pod, list);
  // KEP-2837: what is said of the pod as a whole goes before the sum.
  for (const [name, value] of Object.entries(pod.resources?.[list] ?? {})) totals.set(name, parseQuantity(value));
  for (const [name, value] of Object.entries(pod.overhead ?? {})) {
    const sum = totals.get(name);
    if (sum || list === 'requests') totals.set(name, addQuantities(sum ?? parseQuantity('0'), value));
  }
  return totals;
}

function raise(peak: Totals, name: string, value: Quantity): void {
  const before = peak.get(name);
  if (before === undefined || compareQuantities(value, before) > 0) peak.set(name, value);
}
