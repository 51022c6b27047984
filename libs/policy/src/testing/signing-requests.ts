import type { KubeObject } from '#api';
import { FakeView } from '#api-server/testing';
import { type Case, named, user } from './admission.ts';

const request = (signerName: string, status: object = {}): KubeObject =>
  named('CertificateSigningRequest', 'r', { spec: { signerName }, status });
const rbac = (kind: string, name: string, extra: object): KubeObject => ({
  ...named(kind, name, extra),
  apiVersion: 'rbac.authorization.k8s.io/v1',
});

/** Somebody with one right. */
export const view = (verb: string, signer: string): FakeView =>
  new FakeView(
    rbac('ClusterRole', 'some', {
      rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['signers'], verbs: [verb], resourceNames: [signer] }],
    }),
    rbac('ClusterRoleBinding', 'some', {
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'some' },
    }),
  );
export const update = (subresource: string, signer: string, status: object): Case => ({
  group: 'certificates.k8s.io',
  resource: 'certificatesigningrequests',
  verb: 'update',
  subresource,
  who: user('ann'),
  old: request(signer),
  // What the write says of the signer does not count.
  object: request('example.com/mine', status),
});
export const refused = (verb: string, signer: string): string =>
  `certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to ${verb} requests with signerName "${signer}"`;
export const none = 'no refusal: undefined';

/** A right, the signer that is asked for, and whether the one is enough for the other. */
export const rights: [right: string, signer: string, allowed: boolean][] = [
  ['example.com/a', 'example.com/a', true],
  ['example.com/*', 'example.com/a', true],
  ['example.com/b', 'example.com/a', false],
  ['*', 'example.com/a', false],
  ['example.org/*', 'example.com/a', false],
  ['example.com/mine', 'example.com/a', false],
];
