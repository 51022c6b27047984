import { duplicate, type FieldError, forbiddenField, invalidValue, isDns1123Subdomain, isQualifiedName } from '#api';
import type { ContainerStatus, Pod } from '#api/types';
import { familyOf, isValidIp } from '../../rules/addresses.ts';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { isSidecar } from './spec/containers.ts';

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);

export function validatePodStatus(next: Pod, previous: Pod): FieldError[] {
  const status = next.status ?? {};
  const sidecars = new Set((previous.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const policy = previous.spec.restartPolicy;
  const nominated = status.nominatedNodeName;
  const own = new Map((previous.spec.containers ?? []).map(({ name, restartPolicy }) => [name, restartPolicy]));
  return [
    ...(status.conditions ?? []).flatMap(({ type }, i) =>
      systemConditions.has(type) ? [] : complaints(isQualifiedName, type ?? '', `metadata.conditions[${i}].Type`),
    ),
    ...(nominated && nominated !== previous.status?.nominatedNodeName
      ? complaints(isDns1123Subdomain, nominated, 'status.nominatedNodeName')
      : []),
    ...immutableField(status.qosClass, previous.status?.qosClass, 'status.qosClass'),
    ...staysEnded(status.containerStatuses, previous.status?.containerStatuses, {
      path: 'status.containerStatuses',
      policyOf: (name) => own.get(name) ?? policy,
    }),
    ...staysEnded(status.initContainerStatuses, previous.status?.initContainerStatuses, {
      path: 'status.initContainerStatuses',
      policyOf: (name) => (sidecars.has(name) ? 'Always' : policy),
    }),
    ...staysEnded(status.ephemeralContainerStatuses, previous.status?.ephemeralContainerStatuses, {
      path: 'status.ephemeralContainerStatuses',
      policyOf: () => 'Never',
    }),
    ...validateAddresses(
      (status.podIPs ?? []).map(({ ip }) => ip ?? ''),
      'status.podIPs',
    ),
    ...validateHostIps(next),
  ];
}

/** A container that ended and may not start again cannot be said to run. */
function staysEnded(
  next: readonly ContainerStatus[] | undefined,
  previous: readonly ContainerStatus[] | undefined,
  { path, policyOf }: { path: string; policyOf: (name: string) => string | undefined },
): FieldError[] {
  return (previous ?? []).flatMap((old, i) => {
    const ended = old.state?.terminated;
    const policy = policyOf(old.name);
    if (!ended || policy === 'Always' || (policy === 'OnFailure' && ended.exitCode !== 0)) return [];
    const revived = (next ?? []).some(({ name, state }) => name === old.name && !state?.terminated);
    return revived ? [forbiddenField(`${path}[${i}].state`, 'may not be transitioned to non-terminated state')] : [];
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
