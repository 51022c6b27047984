import type { AdmissionIo, AdmissionRequest } from '#api-server/contract';
import type { CertificateSigningRequest } from '#api/types';
import { parseCertificateRequest } from '#pki';
import { refuse } from './refuse.ts';

const group = 'certificates.k8s.io';

export const isSigningRequest = (resource: { group: string; resource: string }): boolean =>
  resource.group === group && resource.resource === 'certificatesigningrequests';

/**
 * Whoever decides on a request needs a right of its own for its signer, beside that to write the request: the verb on the signer's name, or on
 * `<domain>/*` (Kubernetes, "Certificate Signing Requests", "Authorization"). Throws ApiError 403.
 */
export async function requireSignerAccess(request: AdmissionRequest, io: AdmissionIo, verb: 'approve' | 'sign'): Promise<void> {
  // Of the object as it is: what the write says of the signer is not kept.
  const signerName = (request.oldObject as CertificateSigningRequest | undefined)?.spec.signerName ?? '';
  const [domain = ''] = signerName.split('/');
  for (const name of [signerName, `${domain}/*`]) {
    const attributes = { verb, group, version: '*', resource: 'signers', name };
    if ((await io.authorize(request.user, attributes)).allowed) return;
  }
  throw refuse(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}

const nodeSigners = new Set(['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']);

/**
 * A node asks for certificates of its own name only (upstream's admitCSR); what else is in a request is the signer's to judge. Throws ApiError
 * 403.
 */
export function requireOwnName(request: AdmissionRequest, node: string): void {
  const spec = (request.object as CertificateSigningRequest | undefined)?.spec;
  if (request.verb !== 'create' || !spec || !nodeSigners.has(spec.signerName)) return;
  if (parseCertificateRequest(atob(spec.request)).commonName === `system:node:${node}`) return;
  throw refuse(request, `can only create a node CSR with CN=system:node:${node}`);
}
