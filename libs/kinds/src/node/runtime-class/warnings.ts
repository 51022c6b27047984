import type { RuntimeClass } from '#api/types';
import { nodeSelectorWarnings } from '../../core/pod/warnings.ts';

/** `k8s.io/kubernetes/pkg/api/node`, GetWarningsForRuntimeClass. */
export const runtimeClassWarnings = ({ scheduling }: RuntimeClass): string[] =>
  nodeSelectorWarnings(scheduling?.nodeSelector, 'scheduling.nodeSelector');
