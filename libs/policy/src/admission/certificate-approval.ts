import type { AdmissionPlugin } from '#api-server/contract';
import { isSigningRequest, requireSignerAccess } from './signer-access.ts';

/** Approving and denying needs the right to approve for the signer. */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: (verb, resource, subresource) => verb === 'update' && subresource === 'approval' && isSigningRequest(resource),
  validate: (request, io) => requireSignerAccess(request, io, 'approve'),
};
