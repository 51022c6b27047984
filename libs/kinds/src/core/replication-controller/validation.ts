import { type FieldError, forbiddenField, invalidValue, labelsContain, notSupported, required } from '#api';
import type { ReplicationController } from '#api/types';
import { nonNegative } from '../../rules/checks.ts';
import { formatLabels } from '../../rules/labels.ts';
import { validateCounts } from '../../rules/workload.ts';
import { validatePodTemplate } from '../pod/template.ts';

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateReplicationController. */
export function validateController({ spec }: ReplicationController): FieldError[] {
  const selector = spec?.selector ?? {};
  const empty = Object.keys(selector).length === 0;
  return [
    ...nonNegative(spec?.minReadySeconds, 'spec.minReadySeconds'),
    ...(empty ? [required('spec.selector')] : []),
    ...nonNegative(spec?.replicas, 'spec.replicas'),
    ...validateTemplate(spec?.template, empty ? undefined : selector),
  ];
}

type Template = NonNullable<ReplicationController['spec']>['template'];

function validateTemplate(template: Template, selector: Record<string, string> | undefined): FieldError[] {
  if (!template) return [required('spec.template')];
  const labels = template.metadata?.labels;
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  return [
    ...(selector && !labelsContain(labels, selector)
      ? [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
      : []),
    ...validatePodTemplate(template, 'spec.template'),
    ...(restartPolicy === 'Always' ? [] : [notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbiddenField('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicationController is not Supported')]),
  ];
}

export function validateControllerStatus({ status }: ReplicationController): FieldError[] {
  const { conditions: _conditions, ...counts } = status ?? { replicas: 0 };
  return validateCounts(counts, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']);
}

/** `app=x` */
export const selectorOf = ({ spec }: ReplicationController): string =>
  Object.keys(spec?.selector ?? {}).length === 0 ? '' : formatLabels(spec?.selector);
