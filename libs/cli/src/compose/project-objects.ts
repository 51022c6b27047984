import { createHash } from 'node:crypto';
import type { KubeObject } from '#api';
import type { Job, Namespace, Pod } from '#api/types';
import { type Clock, lookUp } from '#base';
import { type ConvertedService, projectLabel, serviceLabel, type Workload } from '#compose';
import type { ClusterApi } from '../cluster-api.ts';
import { applyObject, pathOf } from '../cluster-objects.ts';
import type { Observed } from './service-state.ts';

const hashAnnotation = 'compose.berth.dev/spec';
const goneMs = 120_000;

/** What a project has in its namespace. */
export class ProjectObjects {
  constructor(
    readonly api: ClusterApi,
    readonly project: string,
    readonly namespace: string,
    private readonly clock: Clock,
  ) {}

  /** Undefined where it is not there. Throws where it is another's, unless somebody chose it. */
  async ownNamespace(chosen: boolean): Promise<Namespace | undefined> {
    const found = await this.api.find<Namespace>(`${pathOf('Namespace')}/${this.namespace}`);
    if (!found || chosen || lookUp(found.metadata.labels, projectLabel) === this.project) return found;
    throw new Error(
      `the namespace ${this.namespace} is there already, and not of the project ${this.project}: give another -p, or choose it with --namespace`,
    );
  }

  async list<T = KubeObject>(kind: string, service?: string): Promise<T[]> {
    const selector = [`${projectLabel}=${this.project}`, ...(service === undefined ? [] : [`${serviceLabel}=${service}`])].join();
    const { items } = await this.api.get<{ items: T[] }>(`${pathOf(kind, this.namespace)}?labelSelector=${encodeURIComponent(selector)}`);
    return items.map((item) => ({ ...item, kind }));
  }

  apply(object: object): Promise<void> {
    return applyObject(this.api, object as KubeObject, this.namespace);
  }

  /** A Job is what it was made as: another, or one that has ended, is made anew. */
  async start(workload: Workload): Promise<void> {
    if (workload.kind !== 'Job') return this.apply(workload);
    const hash = createHash('sha256').update(JSON.stringify(workload)).digest('hex').slice(0, 16);
    const former = await this.api.find<Job>(`${pathOf('Job', this.namespace)}/${workload.metadata.name!}`);
    const ended = former?.status?.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
    if (former && !ended && lookUp(former.metadata.annotations, hashAnnotation) === hash) return;
    if (former) await this.remove('Job', workload.metadata.name!);
    await this.apply({
      ...workload,
      metadata: { ...workload.metadata, annotations: { ...workload.metadata.annotations, [hashAnnotation]: hash } },
    });
  }

  async observe({ name, workload }: Pick<ConvertedService, 'name' | 'workload'>): Promise<Observed> {
    const [found, pods] = await Promise.all([
      this.api.find<Workload>(`${pathOf(workload.kind!, this.namespace)}/${name}`),
      this.list<Pod>('Pod', name),
    ]);
    return {
      workload: found && { ...found, kind: workload.kind! },
      pods: pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    };
  }

  /** Resolves when it is gone. */
  async remove(kind: string, name: string): Promise<void> {
    const path = `${pathOf(kind, this.namespace)}/${name}`;
    if ((await this.api.find(path)) === undefined) return;
    await this.api.delete(path);
    if (!(await this.eventually(async () => (await this.api.find(path)) === undefined, goneMs)))
      throw new Error(`${kind} ${name} is not gone after ${goneMs / 1000} s`);
  }

  /** Looks four times a second. False when the time is up. */
  async eventually(condition: () => Promise<boolean>, deadlineMs: number): Promise<boolean> {
    const end = this.clock.monotonicMs() + deadlineMs;
    for (;;) {
      if (await condition()) return true;
      if (this.clock.monotonicMs() >= end) return false;
      await this.clock.sleep(250);
    }
  }
}
