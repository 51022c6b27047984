import type { CertificateSigningRequest } from '#api/types';
import { hasCondition } from '../certificates/signers.ts';

export interface Seen {
  requests: readonly RequestAndEnd[];
}

/** `ends`: of the certificate that was issued. */
export interface RequestAndEnd {
  request: CertificateSigningRequest;
  ends?: Date;
}

export type Action = { do: 'delete'; request: CertificateSigningRequest };

const hourMs = 60 * 60 * 1000;

/** "Certificate Signing Requests", "Request signing process": decided ones stay for an hour, undecided ones for a day. */
const decidedMs = hourMs;
const pendingMs = 24 * hourMs;

export function reconcile({ requests }: Seen, now: Date): { actions: readonly Action[]; memory: undefined } {
  const actions = requests.filter((each) => isOver(each, now)).map(({ request }): Action => ({ do: 'delete', request }));
  return { actions, memory: undefined };
}

function isOver({ request, ends }: RequestAndEnd, now: Date): boolean {
  const age = (since: string | undefined): number => (since ? now.getTime() - Date.parse(since) : 0);
  const decided = (request.status?.conditions ?? []).filter(({ type }) => ['Approved', 'Denied', 'Failed'].includes(type));
  if (decided.some(({ lastUpdateTime }) => age(lastUpdateTime) > decidedMs)) return true;
  if (ends && hasCondition(request, 'Approved') && now > ends) return true;
  return !request.status?.conditions?.length && age(request.metadata.creationTimestamp) > pendingMs;
}
