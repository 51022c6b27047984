import type { CertificateSigningRequest } from '#api/types';
import { signers } from '../certificates/signers.ts';
import { recognize, reconcile } from './reconcile.ts';

const request = (spec: object = {}, status: object = {}): CertificateSigningRequest => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'r' },
  spec: {
    request: '',
    signerName: signers.kubeletClient,
    usages: ['client auth', 'digital signature'],
    username: 'system:bootstrap:abcdef',
    ...spec,
  },
  status,
});
const names = { dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] };
const content = { commonName: 'system:node:n1', organizations: ['system:nodes'], ...names };

describe('a request that may be approved by itself', () => {
  it.each<[string, CertificateSigningRequest, string[]]>([
    ['of somebody for a node', request(), ['nodeclient']],
    ['of a node for itself', request({ username: 'system:node:n1' }), ['selfnodeclient', 'nodeclient']],
    ['of another signer', request({ signerName: signers.kubeletServing }), []],
    ['for a server', request({ usages: ['server auth', 'digital signature'] }), []],
    ['that is approved', request({}, { conditions: [{ type: 'Approved', status: 'True' }] }), []],
    ['that is denied', request({}, { conditions: [{ type: 'Denied', status: 'True' }] }), []],
    ['that is answered', request({}, { certificate: 'eA==' }), []],
  ])('%s', (_name, given, want) => expect(recognize(given, content)).toEqual(want));

  it('of another group is none', () => {
    expect(recognize(request(), { ...content, organizations: ['dev'] })).toEqual([]);
  });

  it('is approved by the first right, asked again without one, and else left to others', () => {
    const seen = { request: request(), recognized: ['selfnodeclient', 'nodeclient'] as const };
    expect(reconcile({ ...seen, granted: ['nodeclient'] }).actions).toEqual([
      { do: 'approve', request: seen.request, message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
    ]);
    expect(reconcile({ ...seen, granted: [] })).toEqual({ actions: [], requeueAfterMs: 30_000 });
    expect(reconcile({ request: seen.request, recognized: [], granted: [] })).toEqual({ actions: [] });
  });
});
