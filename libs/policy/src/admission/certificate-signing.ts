import type { AdmissionPlugin } from '#api-server/contract';
import type { CertificateSigningRequest } from '#api/types';
import { isSigningRequest, requireSignerAccess } from './signer-access.ts';

/** Issuing a certificate, and saying that there will be none, needs the right to sign for the signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (verb, resource, subresource) => verb === 'update' && subresource === 'status' && isSigningRequest(resource),
  async validate(request, io) {
    const [next, old] = [request.object, request.oldObject].map((object) => JSON.stringify(answerOf(object as CertificateSigningRequest)));
    if (next !== old) await requireSignerAccess(request, io, 'sign');
  },
};

const answerOf = ({ status }: CertificateSigningRequest): unknown[] => [status?.certificate ?? '', status?.conditions ?? []];
