import type { CertificateSigningRequest, CertificateSigningRequestStatus } from '#api/types';
import type { Controller, Io } from '#controller-runtime/contract';
import { resources } from '#objects';
import { type KeyPairPem, parseCertificateRequest, signCertificateRequest } from '#pki';
import { write } from '../status.ts';
import { type Action, isToBeSigned, reconcile, type Seen } from './reconcile.ts';

const resource = resources.certificateSigningRequests;

export interface SigningOptions {
  authority: KeyPairPem;
  /** The longest that a certificate is good for, and how long it is where nobody asks. */
  maxSeconds: number;
}

/** Signs what has been approved for the built-in signers, all with the cluster's one authority. */
export function certificateSigningController({ authority, maxSeconds }: SigningOptions): Controller<Seen, Action> {
  return {
    name: 'certificatesigningrequest-signing-controller',
    queueName: 'certificate',
    primary: resource,
    observe({ name }, caches) {
      const request = caches.informer<CertificateSigningRequest>({ resource }).get('', name);
      if (!request || !isToBeSigned(request)) return undefined;
      return { request, content: parseCertificateRequest(atob(request.spec.request)), maxSeconds };
    },
    reconcile,
    act: {
      async sign({ request, seconds }, io) {
        const { usages = [] } = request.spec;
        const certificate = await signCertificateRequest(authority, atob(request.spec.request), { usages, seconds }, io.now());
        await answer(io, request, { certificate: btoa(certificate) });
      },
      async fail({ request, message }, io) {
        const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message };
        await answer(io, request, { conditions: [...(request.status?.conditions ?? []), condition] });
      },
    },
  };
}

/** Bound to the version that was seen: whoever denied it meanwhile is heard. */
function answer({ api }: Io, request: CertificateSigningRequest, status: CertificateSigningRequestStatus): Promise<void> {
  const object = { ...request, status: { ...request.status, ...status } };
  return write(api, { verb: 'update', resource, subresource: 'status', name: request.metadata.name ?? '', object });
}
