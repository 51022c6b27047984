import { lookUp } from '#base';
import type { CertificateSigningRequest } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import type { CertificateRequestContent } from '#pki';
import { hasCondition, signerRules } from '../certificates/signers.ts';

export interface Seen {
  request: CertificateSigningRequest;
  content: CertificateRequestContent;
  /** The longest that a certificate is good for, and how long it is where nobody asks. */
  maxSeconds: number;
}

export type Action =
  | { do: 'sign'; request: CertificateSigningRequest; seconds: number }
  /** It is not as the signer wants it, and never will be. */
  | { do: 'fail'; request: CertificateSigningRequest; message: string };

/** Twice what certificates are backdated by, so that none has ended when it is made. */
const minSeconds = 10 * 60;

/** Approved, of a signer that is built in, and not answered yet. */
export const isToBeSigned = (request: CertificateSigningRequest): boolean =>
  !request.status?.certificate &&
  lookUp(signerRules, request.spec.signerName) !== undefined &&
  hasCondition(request, 'Approved') &&
  !hasCondition(request, 'Denied') &&
  !hasCondition(request, 'Failed');

/** `pkg/controller/certificates/signer`, signer.go. */
export function reconcile({ request, content, maxSeconds }: Seen): Plan<Action> {
  const { signerName, usages = [], expirationSeconds = maxSeconds } = request.spec;
  const message = lookUp(signerRules, signerName)?.(content, usages);
  if (message !== undefined) return { actions: [{ do: 'fail', request, message }] };
  return { actions: [{ do: 'sign', request, seconds: Math.min(maxSeconds, Math.max(minSeconds, expirationSeconds)) }] };
}
