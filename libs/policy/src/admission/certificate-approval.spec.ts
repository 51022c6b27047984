import { refusal } from '../testing/admission.ts';
import { none, refused, rights, update, view } from '../testing/signing-requests.ts';
import { certificateApproval } from './certificate-approval.ts';

describe('CertificateApproval', () => {
  const approved = { conditions: [{ type: 'Approved' }] };

  it.each(rights)('by the right for %s in a request for %s: %s', async (right, signer, allowed) => {
    const said = await refusal(certificateApproval, update('approval', signer, approved), view('approve', right));
    expect(said).toBe(allowed ? none : refused('approve', signer));
  });

  it('is of no use to who may sign, and none of the status', async () => {
    expect(await refusal(certificateApproval, update('approval', 'a.b/c', approved), view('sign', 'a.b/c'))).toBe(
      refused('approve', 'a.b/c'),
    );
    expect(await refusal(certificateApproval, update('status', 'a.b/c', approved), view('none', 'x'))).toBe(none);
  });
});
