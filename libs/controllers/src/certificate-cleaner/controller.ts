import type { CertificateSigningRequest } from '#api/types';
import { remove } from '#client';
import type { Sweep } from '#controller-runtime/contract';
import { resources } from '#objects';
import { certificateEnd } from '#pki';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const resource = resources.certificateSigningRequests;

/** Takes away requests that nobody needs any more. */
export const certificateCleanerController: Sweep<Seen, Action, undefined> = {
  name: 'certificatesigningrequest-cleaner-controller',
  everyMs: 60 * 60 * 1000, // `pollingInterval` of upstream's
  watches: [{ resource }],
  memory: undefined,
  observe: (caches) => ({
    requests: caches
      .informer<CertificateSigningRequest>({ resource })
      .list()
      .map((request) => {
        const { certificate } = request.status ?? {};
        return { request, ...(certificate && { ends: certificateEnd(atob(certificate)) }) };
      }),
  }),
  reconcile,
  act: {
    delete: ({ request: { metadata } }, { api }) =>
      remove(api, { resource, name: metadata.name ?? '' }, { preconditions: { uid: metadata.uid } }),
  },
};
