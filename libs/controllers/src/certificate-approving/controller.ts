import type { CertificateSigningRequest, SubjectAccessReview } from '#api/types';
import { type Api, create } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { parseCertificateRequest } from '#pki';
import { write } from '../status.ts';
import { type Action, isDecided, recognize, type Recognized, reconcile, type Seen } from './reconcile.ts';

const resource = resources.certificateSigningRequests;

/** Approves certificates by which kubelets talk to the API, for whoever RBAC lets ask for them. */
export const certificateApprovingController: Controller<Seen, Action> = {
  name: 'certificatesigningrequest-approving-controller',
  queueName: 'certificate',
  primary: resource,
  async observe({ name }, caches, api) {
    const request = caches.informer<CertificateSigningRequest>({ resource }).get('', name);
    if (!request || isDecided(request)) return undefined;
    const recognized = recognize(request, parseCertificateRequest(atob(request.spec.request)));
    const granted: Recognized[] = [];
    for (const kind of recognized) if (granted.length === 0 && (await mayHave(api, request, kind))) granted.push(kind);
    return { request, recognized, granted };
  },
  reconcile,
  act: {
    approve: ({ request, message }, io) => {
      const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
      const approved = { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } };
      return write(io.api, { verb: 'update', resource, subresource: 'approval', name: request.metadata.name ?? '', object: approved });
    },
  },
};

async function mayHave(api: Api, { spec }: CertificateSigningRequest, subresource: Recognized): Promise<boolean> {
  const { username, uid, groups, extra } = spec;
  const review = await create<SubjectAccessReview>(api, resources.subjectAccessReviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      user: username,
      ...(uid && { uid }),
      groups,
      ...(extra && { extra }),
      resourceAttributes: { group: resource.group, resource: resource.resource, verb: 'create', subresource },
    },
  });
  return review.status?.allowed === true;
}
