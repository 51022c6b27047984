import type { PersistentVolume } from '#api/types';
import { lookUp } from '#base';
import { oldNodeLabels, storageNames } from '#objects';
import { retiredVolumes } from '../pod/warnings.ts';
import { withoutPlugin } from '../pod/without-effect.ts';
import { volumeSources } from './sources.ts';

const { betaStorageClass, betaMountOptions } = storageNames;

/** `k8s.io/kubernetes/pkg/api/persistentvolume`, GetWarningsForPersistentVolume; and sources that no node of Berth's mounts. */
export function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const annotated = (name: string): boolean => lookUp(metadata.annotations ?? {}, name) !== undefined;
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...(annotated(betaStorageClass)
      ? [`metadata.annotations[${betaStorageClass}]: deprecated since v1.8; use "storageClassName" attribute instead`]
      : []),
    ...(annotated(betaMountOptions)
      ? [`metadata.annotations[${betaMountOptions}]: deprecated since v1.31; use "spec.mountOptions" attribute instead`]
      : []),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic ' +
            'provisioning.',
        ]
      : []),
    ...terms.flatMap(({ matchExpressions = [] }, i) =>
      matchExpressions.flatMap(({ key }, k) => {
        const path = `spec.nodeAffinity.required.nodeSelectorTerms[${i}].matchExpressions[${k}].key`;
        const now = lookUp(oldNodeLabels, key);
        return now === undefined ? [] : [`${path}: ${key} is deprecated since v1.14; use "${now}" instead`];
      }),
    ),
    ...volumeSources.filter((name) => spec[name] !== undefined).flatMap((name) => ofSource(name)),
  ];
}

function ofSource(name: string): string[] {
  const retired = lookUp(retiredVolumes, name);
  if (retired !== undefined) return [`spec.${name}: ${retired}`];
  return withoutPlugin.has(name)
    ? [`spec.${name}: no node of this cluster has a plugin for such a volume, pods with it will not start`]
    : [];
}
