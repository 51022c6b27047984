import { refusal } from '../testing/admission.ts';
import { none, refused, rights, update, view } from '../testing/signing-requests.ts';
import { certificateSigning } from './certificate-signing.ts';

describe('CertificateSigning', () => {
  const answers = [{ certificate: 'eA==' }, { conditions: [{ type: 'Failed' }] }];

  it.each(rights)('by the right for %s in a request for %s: %s', async (right, signer, allowed) => {
    for (const status of answers) {
      const said = await refusal(certificateSigning, update('status', signer, status), view('sign', right));
      expect(said).toBe(allowed ? none : refused('sign', signer));
    }
  });

  it('is of no use to who may approve, and none of what answers nothing', async () => {
    expect(await refusal(certificateSigning, update('status', 'a.b/c', answers[0]!), view('approve', 'a.b/c'))).toBe(
      refused('sign', 'a.b/c'),
    );
    expect(await refusal(certificateSigning, update('status', 'a.b/c', {}), view('none', 'x'))).toBe(none);
  });
});
