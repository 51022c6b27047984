import { encodedRequest } from '#pki/testing';
import { named, refusal, someone } from '../testing/admission.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';

describe('CertificateSubjectRestriction', () => {
  const client = 'kubernetes.io/kube-apiserver-client';
  it.each([
    [client, ['dev'], false],
    [client, ['dev', 'system:masters'], true],
    ['example.com/own', ['system:masters'], false],
  ])('%s for %j: refused is %s', async (signerName, organizations, isRefused) => {
    const spec = { signerName, request: await encodedRequest({ commonName: 'ann', organizations }) };
    const said = await refusal(certificateSubjectRestriction, {
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      who: someone,
      object: named('CertificateSigningRequest', 'r', { spec }),
    });
    expect(said).toBe(
      isRefused
        ? `certificatesigningrequests.certificates.k8s.io "r" is forbidden: use of ${client} signer with system:masters group is not allowed`
        : 'no refusal: undefined',
    );
  });
});
