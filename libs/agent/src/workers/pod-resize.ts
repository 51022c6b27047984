import { lookUp } from '#base';
import { quantityMilliValue } from '#api';
import type { Pod } from '#api/types';
import type { CgroupLimits } from '#runtime/containers.contract';
import type { AgentContext } from '../context.ts';
import { type ContainerEntry, isRunning } from '../observed.ts';
import type { PodView } from '../pod-view.ts';
import { containerResources, podResources } from '../resources-plan.ts';

/** In-place resize of one pod (KEP-1287): what is asked for is granted as a whole or not yet, and then carried out container by container. */
export class PodResize {
  /** What the pod's conditions show of it. */
  state: PodView['resize'];

  constructor(
    private readonly context: Pick<AgentContext, 'runtime' | 'logger'>,
    private readonly refuse: (pod: Pod) => PodView['resize'],
    private readonly changed: () => void,
  ) {}

  /** Grants and begins what is due; answers the containers that have to be restarted for it. */
  turn(view: PodView): string[] {
    if (this.state === 'in-progress') return [];
    const due = view.entries.filter(wantsResize);
    if (due.length === 0 || view.life.stage !== 'running') {
      this.state = undefined;
      return [];
    }
    this.state = this.refuse(view.pod);
    if (this.state) return [];
    const before = podResources(withAllocated(view));
    const restarting = due.filter((entry) => isRunning(entry) && mustRestart(entry));
    const live = due.filter((entry) => isRunning(entry) && !mustRestart(entry));
    for (const entry of due) entry.allocated = entry.spec.resources;
    this.state = 'in-progress';
    void this.carryOut(view.pod, before, live).finally(() => {
      this.state = undefined;
      this.changed();
    });
    return restarting.map(({ name }) => name);
  }

  /** The pod's limits are widened before those of its containers and narrowed after: a child may not have more than its parent. */
  private async carryOut({ spec, ...pod }: Pod, before: CgroupLimits, live: readonly ContainerEntry[]): Promise<void> {
    const { runtime, logger } = this.context;
    const id = pod.metadata.uid ?? '';
    const after = podResources({ spec, ...pod });
    try {
      await runtime.updateSandbox(id, widest(before, after));
      for (const entry of live) await runtime.update(entry.current!.id, containerResources(entry.allocated, spec.resources));
      await runtime.updateSandbox(id, after);
    } catch (err) {
      logger.error({ err, namespace: pod.metadata.namespace, name: pod.metadata.name }, 'a pod could not be resized');
    }
  }
}

const wantsResize = ({ role, spec, allocated }: ContainerEntry): boolean =>
  (role === 'main' || role === 'sidecar') && (differ(spec.resources, allocated, 'cpu') || differ(spec.resources, allocated, 'memory'));

function differ(a: ContainerEntry['allocated'], b: ContainerEntry['allocated'], name: string): boolean {
  return (['requests', 'limits'] as const).some(
    (list) => quantityMilliValue(lookUp(a?.[list], name) ?? '0') !== quantityMilliValue(lookUp(b?.[list], name) ?? '0'),
  );
}

function mustRestart({ spec, allocated }: ContainerEntry): boolean {
  return (spec.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && differ(spec.resources, allocated, resourceName),
  );
}

/** The pod as it was granted. */
export function withAllocated({ pod, entries }: Pick<PodView, 'pod' | 'entries'>): Pod {
  const granted = <T extends { name: string }>(containers: T[] | undefined): T[] | undefined =>
    containers?.map((container) => ({ ...container, resources: entries.find(({ name }) => name === container.name)?.allocated }));
  return {
    ...pod,
    spec: { ...pod.spec, containers: granted(pod.spec.containers)!, initContainers: granted(pod.spec.initContainers) },
  };
}

/** Of limits that only one of the two has there is none, which is wider than any. */
function widest(a: CgroupLimits, b: CgroupLimits): CgroupLimits {
  const names = ['cpuShares', 'cpuQuotaUs', 'cpuPeriodUs', 'memoryLimitBytes'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (a[name] !== undefined && b[name] !== undefined ? [[name, Math.max(a[name], b[name])]] : [])),
  );
}
