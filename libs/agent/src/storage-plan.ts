import { quantityValue } from '#api';
import type { Pod, Volume } from '#api/types';

/** What a pod has on its node's disk, in bytes or inodes. */
export interface LocalStorage {
  /** By container: its writable layer and its logs. */
  containers: ReadonlyMap<string, number>;
  /** By volume: the emptyDirs that are not in memory. */
  volumes: ReadonlyMap<string, number>;
}

/** Volumes that count as the pod's local storage. */
export const localVolumes = ({ spec }: Pod): Volume[] => (spec.volumes ?? []).filter((v) => v.emptyDir && v.emptyDir.medium !== 'Memory');

const limitOf = (container: Pod['spec']['containers'][number]): string | undefined => container.resources?.limits?.['ephemeral-storage'];

/** Whether anything of the pod has to be measured at all. */
export function limitsLocalStorage(pod: Pod): boolean {
  return pod.spec.containers.some(limitOf) || localVolumes(pod).some(({ emptyDir }) => emptyDir?.sizeLimit);
}

/** Why the pod has to go, in the kubelet's words (Kubernetes, "Local ephemeral storage": limits). */
export function exceededStorage(pod: Pod, used: LocalStorage): string | undefined {
  const over = (bytes: number | undefined, limit: string | undefined): boolean =>
    limit !== undefined && quantityValue(limit) > 0 && (bytes ?? 0) > quantityValue(limit);
  const volume = localVolumes(pod).find(({ name, emptyDir }) => over(used.volumes.get(name), emptyDir?.sizeLimit));
  if (volume) return `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${volume.emptyDir?.sizeLimit}". `;
  const limits = pod.spec.containers.map(limitOf).filter((limit) => limit !== undefined);
  const total = [...used.containers.values(), ...used.volumes.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (limits.length === pod.spec.containers.length) {
    const most = limits.reduce((sum, limit) => sum + quantityValue(limit), 0);
    if (most > 0 && total > most)
      return `Pod ephemeral local storage usage exceeds the total limit of containers ${inWords(limits, most)}. `;
  }
  const container = pod.spec.containers.find((c) => over(used.containers.get(c.name), limitOf(c)));
  return container && `Container ${container.name} exceeded its local ephemeral storage limit "${limitOf(container)}". `;
}

const inWords = (limits: readonly string[], sum: number): string => (limits.length === 1 ? limits[0]! : String(sum));
