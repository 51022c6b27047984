import type { AdmissionPlugin } from '#api-server/contract';
import type { CertificateSigningRequest } from '#api/types';
import { parseCertificateRequest } from '#pki';
import { refuse } from './refuse.ts';
import { isSigningRequest } from './signer-access.ts';

const signer = 'kubernetes.io/kube-apiserver-client';
const masters = 'system:masters';

/** Nobody is signed into the group that RBAC cannot bind. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (verb, resource, subresource) => verb === 'create' && subresource === '' && isSigningRequest(resource),
  validate(request) {
    const { spec } = request.object as CertificateSigningRequest;
    if (spec.signerName !== signer) return;
    const { organizations } = parseCertificateRequest(atob(spec.request ?? '')); // which can be read: the kind's rules come first
    if (organizations.includes(masters)) throw refuse(request, `use of ${signer} signer with ${masters} group is not allowed`);
  },
};
