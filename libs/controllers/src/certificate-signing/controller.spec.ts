import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest, SubjectAccessReview } from '#api/types';
import { runnable, sweeping } from '#controller-runtime';
import { resources } from '#objects';
import { createAuthority, type KeyPairPem } from '#pki';
import { type AskedCertificate, encodedRequest } from '#pki/testing';
import { certificateApprovingController } from '../certificate-approving/controller.ts';
import { certificateCleanerController } from '../certificate-cleaner/controller.ts';
import { signers } from '../certificates/signers.ts';
import { SmallCluster } from '../testing/small-cluster.ts';
import { certificateSigningController } from './controller.ts';

const resource = resources.certificateSigningRequests;
const node = { commonName: 'system:node:n1', organizations: ['system:nodes'] };
let cluster: SmallCluster;
let authority: KeyPairPem;

beforeEach(async () => {
  cluster = new SmallCluster();
  authority = await createAuthority('berth', cluster.clock.now());
  const { api, context } = cluster;
  // Whoever is in the group may have nodes' certificates.
  api.answer<SubjectAccessReview>(resources.subjectAccessReviews, (review) => ({
    ...review,
    status: { allowed: review.spec.groups?.includes('bootstrappers') ?? false },
  }));
  await cluster.run(
    runnable(certificateApprovingController, context),
    runnable(certificateSigningController({ authority, maxSeconds: 86_400 }), context),
    sweeping(certificateCleanerController, context),
  );
});
afterEach(() => cluster.stop());

async function ask(asked: AskedCertificate, spec: object = {}, status: object = {}): Promise<() => CertificateSigningRequest | undefined> {
  const request = await encodedRequest(asked);
  cluster.api.put(resource, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'r', creationTimestamp: cluster.clock.now().toISOString() },
    spec: {
      request,
      signerName: signers.kubeletClient,
      usages: ['client auth', 'digital signature'],
      username: 'system:bootstrap:abcdef',
      groups: ['bootstrappers'],
      ...spec,
    },
    status,
  } as CertificateSigningRequest);
  return () => cluster.api.all<CertificateSigningRequest>(resource)[0];
}

/** Signing is done in other threads: the clock stands still meanwhile. */
async function settled(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isDone(); turn++) await cluster.settle();
  await cluster.settle();
}

it('a node that RBAC trusts has its certificate at once', async () => {
  const now = await ask(node);
  await settled(() => Boolean(now()?.status?.certificate));
  expect(now()?.status?.conditions).toMatchObject([{ type: 'Approved', status: 'True', reason: 'AutoApproved' }]);
  const certificate = new X509Certificate(atob(now()?.status?.certificate ?? ''));
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1');
});

it('others wait, until somebody decides', async () => {
  const now = await ask(node, { groups: ['dev'] });
  await cluster.settle();
  expect(now()?.status).toEqual({});
});

it('what no signer signs fails, and is not signed later', async () => {
  const approved = { conditions: [{ type: 'Approved', status: 'True' }] };
  const now = await ask({ ...node, organizations: ['dev'] }, {}, approved);
  await settled(() => now()?.status?.conditions?.length === 2);
  expect(now()?.status).toMatchObject({
    conditions: [
      { type: 'Approved' },
      {
        type: 'Failed',
        status: 'True',
        reason: 'SignerValidationFailure',
        message: 'subject organization is not system:nodes',
      },
    ],
  });
  expect(now()?.status?.certificate).toBeUndefined();
});

it('what nobody decides is taken away after a day', async () => {
  const now = await ask(node, { groups: ['dev'] });
  await cluster.settle(24 * 3600 * 1000);
  expect(now()).toBeDefined();
  await cluster.settle(2 * 3600 * 1000);
  expect(now()).toBeUndefined();
});
