import { duplicate, type FieldError, forbiddenField, invalidValue, isDns1123Subdomain, isQualifiedName } from '#api';
import type { Container, ContainerStateTerminated, ContainerStatus, Pod } from '#api/types';
import { restartRuleFor } from '#objects';
import { familyOf, isValidIp } from '../../rules/addresses.ts';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { validateAnnotationsUpdate } from './update-validation.ts';

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidatePodStatusUpdate. */
export function validatePodStatus(next: Pod, previous: Pod): FieldError[] {
  const status = next.status ?? {};
  const nominated = status.nominatedNodeName;
  return [
    ...validateAnnotationsUpdate(next, previous),
    ...(status.conditions ?? []).flatMap(({ type }, i) =>
      systemConditions.has(type) ? [] : complaints(isQualifiedName, type ?? '', `metadata.conditions[${i}].Type`),
    ),
    ...(nominated && nominated !== previous.status?.nominatedNodeName
      ? complaints(isDns1123Subdomain, nominated, 'status.nominatedNodeName')
      : []),
    ...immutableField(status.qosClass, previous.status?.qosClass, 'status.qosClass'),
    ...staysEnded(status.containerStatuses, previous.status?.containerStatuses, {
      path: 'status.containerStatuses',
      mayRestart: restartsOf(previous, 'containers'),
    }),
    ...staysEnded(status.initContainerStatuses, previous.status?.initContainerStatuses, {
      path: 'status.initContainerStatuses',
      mayRestart: restartsOf(previous, 'initContainers'),
    }),
    ...staysEnded(status.ephemeralContainerStatuses, previous.status?.ephemeralContainerStatuses, {
      path: 'status.ephemeralContainerStatuses',
      mayRestart: () => false,
    }),
    ...validateAddresses(
      (status.podIPs ?? []).map(({ ip }) => ip ?? ''),
      'status.podIPs',
    ),
    ...validateHostIps(next),
  ];
}

type MayRestart = (name: string, ended: ContainerStateTerminated) => boolean;

/** By the rules and the policy of the container, else the policy of the pod; all of them when one may ask for it (KEP-5307, KEP-5532). */
function restartsOf({ spec }: Pod, list: 'containers' | 'initContainers'): MayRestart {
  const everyone = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  if (everyone.some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers')))
    return () => true;
  const byName = new Map<string, Container>((spec[list] ?? []).map((container) => [container.name, container]));
  return (name, { exitCode }) => {
    const container = byName.get(name);
    if (container && restartRuleFor(container, exitCode)) return true;
    const policy = container?.restartPolicy ?? spec.restartPolicy;
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  };
}

/** A container that ended and may not start again cannot be said to run. */
function staysEnded(
  next: readonly ContainerStatus[] | undefined,
  previous: readonly ContainerStatus[] | undefined,
  { path, mayRestart }: { path: string; mayRestart: MayRestart },
): FieldError[] {
  const running = new Set((next ?? []).filter(({ state }) => !state?.terminated).map(({ name }) => name));
  return (previous ?? []).flatMap((old, i) => {
    const ended = old.state?.terminated;
    if (!ended || mayRestart(old.name, ended)) return [];
    return running.has(old.name) ? [forbiddenField(`${path}[${i}].state`, 'may not be transitioned to non-terminated state')] : [];
  });
}

function validateHostIps({ status }: Pod): FieldError[] {
  const first = status?.hostIPs?.[0]?.ip;
  if (first === undefined) return [];
  return [
    ...(status?.hostIP === first ? [] : [invalidValue('status.hostIPs[0].ip', first, 'must be equal to `hostIP`')]),
    ...validateAddresses(
      (status?.hostIPs ?? []).map(({ ip }) => ip ?? ''),
      'status.hostIPs',
    ),
  ];
}

/** At most one address of each family. */
function validateAddresses(addresses: readonly string[], path: string): FieldError[] {
  const errors = addresses.flatMap((ip, i) => isValidIp(ip, `${path}[${i}]`));
  if (addresses.length < 2) return errors;
  const families = new Set(addresses.map(familyOf));
  if (families.size !== addresses.length) {
    errors.push(
      invalidValue(
        path,
        addresses.map((ip) => ({ ip })),
        'may specify no more than one IP for each IP family',
      ),
    );
  }
  return [...errors, ...addresses.flatMap((ip, i) => (addresses.indexOf(ip) < i ? [duplicate(`${path}[${i}]`, { ip })] : []))];
}
