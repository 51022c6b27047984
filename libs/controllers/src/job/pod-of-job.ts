import type { KubeObject, OwnerReference } from '#api';
import type { Container, Job, PodTemplateSpec } from '#api/types';
import { podFromTemplate } from '../pods/create-pods.ts';
import {
  failuresAnnotation,
  failuresOf,
  hasLimitPerIndex,
  ignoredFailuresAnnotation,
  ignoredFailuresOf,
  indexAnnotation,
  trackingFinalizer,
} from './job-pods.ts';
import { failureVerdict } from './policies.ts';
import type { NewPod } from './wanted-pods.ts';

const indexVariable = 'JOB_COMPLETION_INDEX';
/** A generated name has so many characters before the five that make it one. */
const maxPrefix = 58;

/** What a Job makes of its template, for an index where it has them. */
export function podOfJob(job: Job, pod: NewPod, reference: OwnerReference): KubeObject {
  const { template } = job.spec;
  const finalizers = [...(template.metadata?.finalizers ?? []).filter((name) => name !== trackingFinalizer), trackingFinalizer];
  const metadata = { ...template.metadata, finalizers };
  if (pod.index === undefined) return podFromTemplate(job, { ...template, metadata }, reference);
  const made = podFromTemplate(job, ofIndex(job, { ...template, metadata }, { ...pod, index: pod.index }), reference);
  return { ...made, metadata: { ...made.metadata, generateName: prefixOf(job, pod.index) } };
}

function ofIndex(job: Job, template: PodTemplateSpec, { index, replaces }: NewPod & { index: number }): PodTemplateSpec {
  const { spec, metadata } = template;
  const text = String(index);
  const annotations = { ...metadata?.annotations, [indexAnnotation]: text, ...(hasLimitPerIndex(job) && failures(job, replaces)) };
  return {
    metadata: { ...metadata, annotations, labels: { ...metadata?.labels, [indexAnnotation]: text } },
    ...(spec && {
      spec: {
        ...spec,
        hostname: `${job.metadata.name}-${index}`,
        containers: spec.containers.map(withVariable),
        ...(spec.initContainers && { initContainers: spec.initContainers.map(withVariable) }),
      },
    }),
  };
}

function withVariable(container: Container): Container {
  const env = container.env ?? [];
  if (env.some(({ name }) => name === indexVariable)) return container;
  const fieldPath = `metadata.labels['${indexAnnotation}']`;
  return { ...container, env: [...env, { name: indexVariable, valueFrom: { fieldRef: { fieldPath } } }] };
}

/** KEP-3850: the pod that follows carries on the count of its index. */
function failures(job: Job, replaces: NewPod['replaces']): Record<string, string> {
  if (!replaces) return { [failuresAnnotation]: '0' };
  const counts = failureVerdict(job.spec.podFailurePolicy, replaces).counts;
  const ignored = ignoredFailuresOf(replaces) + Number(!counts);
  return {
    [failuresAnnotation]: String(failuresOf(replaces) + Number(counts)),
    ...(ignored > 0 && { [ignoredFailuresAnnotation]: String(ignored) }),
  };
}

/** The index shows in the name even where that has to be cut. */
function prefixOf(job: Job, index: number): string {
  const end = `-${index}-`;
  return `${(job.metadata.name ?? '').slice(0, maxPrefix - end.length)}${end}`;
}
