import type { CertificateSigningRequest } from '#api/types';
import { signers } from '../certificates/signers.ts';
import { isToBeSigned, reconcile } from './reconcile.ts';

const request = (spec: object, ...conditions: string[]): CertificateSigningRequest => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'r' },
  spec: { request: '', signerName: signers.client, usages: ['client auth'], ...spec },
  status: { conditions: conditions.map((type) => ({ type, status: 'True' })) },
});
const content = { commonName: 'ann', organizations: [], dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] };

describe('signing', () => {
  it.each<[string, CertificateSigningRequest, boolean]>([
    ['approved', request({}, 'Approved'), true],
    ['not decided', request({}), false],
    ['denied', request({}, 'Denied'), false],
    ['failed', request({}, 'Approved', 'Failed'), false],
    ['of a signer elsewhere', request({ signerName: 'example.com/s' }, 'Approved'), false],
    ['of a name of Object', request({ signerName: 'constructor' }, 'Approved'), false],
    ['answered', { ...request({}, 'Approved'), status: { certificate: 'eA==' } }, false],
  ])('is for a request that is %s', (_name, given, want) => expect(isToBeSigned(given)).toBe(want));

  it.each<[string, number | undefined, number]>([
    ['as long as there is, where nobody asks', undefined, 86_400],
    ['as long as it is asked for', 7200, 7200],
    ['no longer than there is', 1_000_000, 86_400],
    ['no shorter than ten minutes', 1, 600],
  ])('is %s', (_name, expirationSeconds, seconds) => {
    const given = request(expirationSeconds === undefined ? {} : { expirationSeconds }, 'Approved');
    expect(reconcile({ request: given, content, maxSeconds: 86_400 }).actions).toEqual([{ do: 'sign', request: given, seconds }]);
  });

  it('fails for good what its signer does not sign', () => {
    const given = request({ usages: ['server auth'] }, 'Approved');
    expect(reconcile({ request: given, content, maxSeconds: 86_400 }).actions).toEqual([
      { do: 'fail', request: given, message: 'invalid usage for client certificate: server auth' },
    ]);
  });
});
