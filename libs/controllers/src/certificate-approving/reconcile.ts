import type { CertificateSigningRequest } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import type { CertificateRequestContent } from '#pki';
import { hasCondition, kubeletClient, signers } from '../certificates/signers.ts';

export interface Seen {
  request: CertificateSigningRequest;
  /** What the asker may have approved, of what the request is; in order. */
  granted: readonly Recognized[];
  recognized: readonly Recognized[];
}

/** A kind of request that is approved for whoever may `create` it: a subresource of certificatesigningrequests. */
export type Recognized = 'selfnodeclient' | 'nodeclient';

export type Action = { do: 'approve'; request: CertificateSigningRequest; message: string };

const messages: Readonly<Record<Recognized, string>> = {
  selfnodeclient: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  nodeclient: 'Auto approving kubelet client certificate after SubjectAccessReview.',
};

/** A right may be granted later, and nothing tells of that. */
const askAgainMs = 30_000;

/** Which questions there are about a request; none about what is decided. `pkg/controller/certificates/approver`, sarapprove.go. */
export function recognize(request: CertificateSigningRequest, content: CertificateRequestContent): Recognized[] {
  const { signerName, usages = [], username } = request.spec;
  if (isDecided(request) || signerName !== signers.kubeletClient || kubeletClient(content, usages) !== undefined) return [];
  return username === content.commonName ? ['selfnodeclient', 'nodeclient'] : ['nodeclient'];
}

export const isDecided = (request: CertificateSigningRequest): boolean =>
  Boolean(request.status?.certificate) || hasCondition(request, 'Approved') || hasCondition(request, 'Denied');

export function reconcile({ request, recognized, granted }: Seen): Plan<Action> {
  const [first] = granted;
  if (first) return { actions: [{ do: 'approve', request, message: messages[first] }] };
  return { actions: [], ...(recognized.length > 0 && { requeueAfterMs: askAgainMs }) };
}
