import type { KubeObject } from '#api';
import type { PodLike } from './check.ts';

type Shape = KubeObject & { template?: PodLike; spec?: { template?: PodLike; jobTemplate?: { spec?: { template?: PodLike } } } };

const inSpec = ({ spec }: Shape): PodLike | undefined => spec?.template;

/** Where each kind that makes pods has its template, by `<group>/<plural>`. */
export const workloads: ReadonlyMap<string, (object: Shape) => PodLike | undefined> = new Map([
  ['/podtemplates', ({ template }: Shape) => template],
  ['/replicationcontrollers', inSpec],
  ['apps/replicasets', inSpec],
  ['apps/deployments', inSpec],
  ['apps/statefulsets', inSpec],
  ['apps/daemonsets', inSpec],
  ['batch/jobs', inSpec],
  ['batch/cronjobs', ({ spec }: Shape) => spec?.jobTemplate?.spec?.template],
]);

/** The pod, or the template of pods, that an object of a kind holds; a replication controller need not have one. */
export function podOf(kind: string, object: KubeObject): PodLike | undefined {
  return kind === '/pods' ? (object as PodLike & KubeObject) : workloads.get(kind)?.(object);
}
