import type {
  ContainerStatus,
  JobSpec,
  Pod,
  PodFailurePolicyOnExitCodesRequirement as OnExitCodes,
  PodFailurePolicyRule,
} from '#api/types';
import { IndexSet } from './index-set.ts';

/** What one pod's failure does to the Job. Without a rule that fits, it counts and nothing else. */
export interface FailureVerdict {
  /** Whether the failure counts against the limits. */
  counts: boolean;
  failsIndex: boolean;
  /** Set when the whole Job fails with it. */
  failsJob?: string;
}

/** KEP-3329: the first rule that fits says what a pod's failure means. */
export function failureVerdict(policy: JobSpec['podFailurePolicy'], pod: Pod): FailureVerdict {
  for (const [i, rule] of (policy?.rules ?? []).entries()) {
    const found = matched(rule, pod);
    if (!found) continue;
    const failsJob = rule.action === 'FailJob' ? `${found} matching FailJob rule at index ${i}` : undefined;
    return { counts: rule.action !== 'Ignore', failsIndex: rule.action === 'FailIndex', ...(failsJob && { failsJob }) };
  }
  return { counts: true, failsIndex: false };
}

/** What of the pod fits the rule, in words. */
function matched({ onExitCodes, onPodConditions }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = pod.status ?? {};
  if (onExitCodes) {
    const container = [...containerStatuses, ...initContainerStatuses].find((status) => fits(status, onExitCodes));
    return (
      container && `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${container.state?.terminated?.exitCode}`
    );
  }
  const condition = conditions.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && pattern.status === status),
  );
  return condition && `Pod ${namespace}/${name} has condition ${condition.type}`;
}

/** 0 never fits: a container that ended well is no failure, whatever `NotIn` would say. */
function fits({ name, state }: ContainerStatus, { containerName, operator, values }: OnExitCodes): boolean {
  const code = state?.terminated?.exitCode;
  if (!code || (containerName !== undefined && containerName !== name)) return false;
  return operator === 'In' ? values.includes(code) : operator === 'NotIn' && !values.includes(code);
}

/** KEP-3998: why the indexes that have succeeded are enough; undefined when they are not. */
export function successMessage({ successPolicy, completions = 0 }: JobSpec, succeeded: IndexSet): string | undefined {
  if (succeeded.size === 0) return undefined;
  const index = (successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const asked = IndexSet.parse(succeededIndexes, completions);
    return asked.size > 0 && asked.common(succeeded) >= (succeededCount ?? asked.size);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
