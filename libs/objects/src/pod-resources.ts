import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '#api';
import { isSidecar } from './containers.ts';

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
type Amounts = Readonly<Record<string, string>>;

/**
 * What the containers ask for together, at the worst moment of the pod's life: start-up beside the sidecars (KEP-753), or running.
 * `missing`: what is taken of a container that does not say.
 */
export function containerTotals(pod: ResourcedPod, list: 'requests' | 'limits', missing: Amounts = {}): Totals {
  const running: Totals = new Map();
  const peak: Totals = new Map();
  const saidBy = ({ resources }: Resourced): [string, Quantity][] =>
    Object.entries({ ...missing, ...resources?.[list] }).map(([name, value]) => [name, parseQuantity(value)]);
  for (const container of pod.initContainers ?? []) {
    const said = saidBy(container);
    if (isSidecar(container)) for (const [name, value] of said) running.set(name, plus(running.get(name), value));
    else for (const [name, value] of said) raise(peak, name, plus(running.get(name), value));
    for (const [name, value] of running) raise(peak, name, value);
  }
  for (const container of pod.containers ?? [])
    for (const [name, value] of saidBy(container)) running.set(name, plus(running.get(name), value));
  for (const [name, value] of running) raise(peak, name, value);
  return peak;
}

/** What the pod takes as a whole: `k8s.io/component-helpers/resource`, PodRequests and PodLimits. Overhead adds to limits that are there. */
export function podTotals(pod: ResourcedPod, list: 'requests' | 'limits', missing?: Amounts): Totals {
  const totals = containerTotals(pod, list, missing);
  // KEP-2837: what is said of the pod as a whole goes before the sum.
  for (const [name, value] of Object.entries(pod.resources?.[list] ?? {})) totals.set(name, parseQuantity(value));
  for (const [name, value] of Object.entries(pod.overhead ?? {})) {
    const sum = totals.get(name);
    if (sum || list === 'requests') totals.set(name, plus(sum, parseQuantity(value)));
  }
  return totals;
}

const plus = (sum: Quantity | undefined, more: Quantity): Quantity => (sum ? addQuantities(sum, more) : more);

function raise(peak: Totals, name: string, value: Quantity): void {
  const before = peak.get(name);
  if (before === undefined || compareQuantities(value, before) > 0) peak.set(name, value);
}
