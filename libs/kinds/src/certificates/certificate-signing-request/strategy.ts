import { timestamp } from '#api';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '#api/types';
import type { Strategy, WriteContext } from '../../contract.ts';

/** `k8s.io/kubernetes/pkg/registry/certificates/certificates`, strategy.go: who asks is what the server knows of them, and never changes. */
export const strategy: Strategy<CertificateSigningRequest> = {
  prepareForCreate: ({ spec, status: _status, ...object }, { user }) => {
    const { username: _n, uid: _u, groups: _g, extra: _e, ...asked } = spec;
    const { username, uid, groups, extra } = user;
    const asker = { username, ...(uid && { uid }), groups: [...groups], ...(extra && { extra: mutable(extra) }) };
    return { ...object, spec: { ...asked, ...asker }, status: {} };
  },
  prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec, status: previous.status }),
};

const mutable = (extra: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));

export function prepareStatus(
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  { now }: WriteContext,
): CertificateSigningRequest {
  return { ...next, spec: previous.spec, status: { ...next.status, ...timed(next, previous, now) } };
}

/** Conditions alone: whoever approves does not sign. */
export function prepareApproval(
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  { now }: WriteContext,
): CertificateSigningRequest {
  const { certificate } = previous.status ?? {};
  return { ...next, spec: previous.spec, status: { ...timed(next, previous, now), ...(certificate && { certificate }) } };
}

/** Conditions that say no time get that of the write; a transition is when the status became what it is. */
function timed(
  { status }: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  now: Date,
): { conditions?: CertificateSigningRequestCondition[] } {
  if (!status?.conditions) return {};
  const written = timestamp(now);
  const conditions = status.conditions.map((condition) => {
    const same = previous.status?.conditions?.find((old) => old.type === condition.type && old.status === condition.status);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || written,
      lastTransitionTime: condition.lastTransitionTime || same?.lastTransitionTime || written,
    };
  });
  return { conditions };
}
