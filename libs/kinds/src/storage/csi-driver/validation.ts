import { duplicate, type FieldError, invalidValue, notSupported } from '#api';
import type { CSIDriver, StorageTokenRequest } from '#api/types';
import { optionalOneOf } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

const minTokenSeconds = 10 * 60;
const maxTokenSeconds = 2 ** 32;
const minUpdateSeconds = 10;
const modes = ['Persistent', 'Ephemeral'];

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, validateCSIDriverSpec. */
export function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  const { nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets, tokenRequests = [] } = spec;
  return [
    ...optionalOneOf(spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], 'spec.fsGroupPolicy'),
    ...validateTokenRequests(tokenRequests, 'spec.tokenRequests'),
    ...(spec.volumeLifecycleModes ?? [])
      .filter((mode) => !modes.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, modes)),
    ...(period !== undefined && period < minUpdateSeconds
      ? [invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
      : []),
    // KEP-5538: where the tokens go is nothing to say where none are asked for.
    ...(serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0
      ? [
          invalidValue(
            'spec.serviceAccountTokenInSecrets',
            serviceAccountTokenInSecrets,
            'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
          ),
        ]
      : []),
  ];
}

export function validateCsiDriverUpdate({ spec }: CSIDriver, { spec: previous }: CSIDriver): FieldError[] {
  return [
    ...immutableField(spec.attachRequired, previous.attachRequired, 'spec.attachedRequired'),
    ...immutableField(spec.volumeLifecycleModes, previous.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
  ];
}

function validateTokenRequests(requests: readonly StorageTokenRequest[], path: string): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience, expirationSeconds }, i) => {
    if (audiences.has(audience)) return [duplicate(`${path}[${i}].audience`, audience)];
    audiences.add(audience);
    const field = `${path}[${i}].expirationSeconds`;
    if (expirationSeconds === undefined) return [];
    if (expirationSeconds < minTokenSeconds) {
      return [invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes')];
    }
    return expirationSeconds > maxTokenSeconds
      ? [invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
      : [];
  });
}
