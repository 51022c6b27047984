import type { CertificateSigningRequest } from '#api/types';
import { createAuthority, signCertificateRequest } from '#pki';
import { encodedRequest } from '#pki/testing';
import { cells, complaintsAbout, created, type Json, lines, someWrite } from '../../testing.ts';
import { certificateSigningRequest as kind } from './kind.ts';

let request: string;
let certificate: string;
beforeAll(async () => {
  request = await encodedRequest({ commonName: 'ann' });
  const ca = await createAuthority('berth', someWrite.now);
  const pem = await signCertificateRequest(ca, atob(request), { usages: ['client auth'], seconds: 3600 }, someWrite.now);
  certificate = btoa(pem);
});
const good = (changes: Json = {}): Json => ({
  spec: { request, signerName: 'example.com/s', usages: ['client auth'], ...changes },
});
const label = expect.stringMatching(/validating label "[^"]*": a lowercase RFC 1123 /);

describe('a certificate signing request', () => {
  it.each<[string, Json, unknown[]]>([
    ['that is whole', {}, []],
    [
      'that is empty',
      { request: undefined, signerName: undefined },
      ['spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST', 'spec.signerName: Required value'],
    ],
    ['for no usage', { usages: [] }, ['spec.usages: Required value']],
    [
      'for a usage that there is not',
      { usages: ['sing'] },
      [expect.stringMatching(/^spec\.usages\[0]: Unsupported value: "sing": supported values: "any", "cert sign", "client auth", /)],
    ],
    ['for a usage twice', { usages: ['any', 'any'] }, ['spec.usages[1]: Duplicate value: "any"']],
    ['of no signer', { signerName: '' }, ['spec.signerName: Required value']],
    [
      'of the legacy signer',
      { signerName: 'kubernetes.io/legacy-unknown' },
      ['spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version'],
    ],
    ...['signer', 'a.b/c/d'].map((signerName): [string, Json, string[]] => [
      `of ${signerName}`,
      { signerName },
      [`spec.signerName: Invalid value: "${signerName}": must be a fully qualified domain and path of the form 'example.com/signer-name'`],
    ]),
    [
      'of a signer without a domain',
      { signerName: 'a/b' },
      ['spec.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots'],
    ],
    ['of a signer of a wrong name', { signerName: 'a.b/C' }, [label]],
    ['of a signer of a wrong domain', { signerName: 'a.-/c' }, [label]],
    ['of a signer of no path', { signerName: 'a.b/' }, [label]],
    ['for ten minutes', { expirationSeconds: 600 }, []],
    [
      'for less than ten minutes',
      { expirationSeconds: 599 },
      ['spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
    ],
    ['of no request', { request: btoa('x') }, ['spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST']],
  ])('%s', (_name, changes, want) => expect(complaintsAbout(kind, good(changes))).toEqual(want));

  it('must be signed by the key that it is for', () => {
    const forged = btoa(atob(request).replace(/[A-Za-z0-9](?=={0,2}\n-----END)/, (char) => (char === 'A' ? 'Q' : 'A')));
    expect(complaintsAbout(kind, good({ request: forged }))).toEqual([
      expect.stringMatching(/^spec\.request: Invalid value: .*: (x509|asn1): /),
    ]);
  });

  it('is from whoever made it, whatever it says, and begins undecided', () => {
    const write = { ...someWrite, user: { username: 'ann', uid: 'u1', groups: ['dev'], extra: { scopes: ['a'] } } };
    const given = { ...good({ username: 'root', groups: ['system:masters'] }), status: { certificate, conditions: [] } };
    expect(created(kind, given, write)).toMatchObject({
      spec: { username: 'ann', uid: 'u1', groups: ['dev'], extra: { scopes: ['a'] } },
      status: {},
    });
    const plain = created(kind, { ...good({ uid: 'x', extra: { a: ['b'] } }), status: { certificate } });
    expect([plain.spec.uid, plain.spec.extra, plain.status]).toEqual([undefined, undefined, {}]);
  });

  it.each<[string, Json, string]>([
    ['nobody decided', {}, 'Pending'],
    ['is approved', { conditions: [{ type: 'Approved', status: 'True' }] }, 'Approved'],
    ['is denied', { conditions: [{ type: 'Denied', status: 'True' }] }, 'Denied'],
    ['is issued', { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'eA==' }, 'Approved,Issued'],
    ['failed', { conditions: ['Approved', 'Failed'].map((type) => ({ type, status: 'True' })) }, 'Approved,Failed'],
  ])('shows when it %s', (_name, status, want) => {
    const shown = cells(kind, { ...created(kind, good({ expirationSeconds: 7200 })), status });
    expect(shown).toEqual({
      Age: '<unknown>',
      SignerName: 'example.com/s',
      Requestor: 'someone',
      RequestedDuration: '120m',
      Condition: want,
    });
  });
});

describe('an update of a certificate signing request', () => {
  type Path = 'status' | 'approval' | '';
  const approved = { type: 'Approved', status: 'True', reason: 'r' };
  const denied = { type: 'Denied', status: 'True' };
  const failed = { type: 'Failed', status: 'True' };

  /** The status as it would be stored, and every complaint. */
  function write(path: Path, before: Json, after: Json): { stored: CertificateSigningRequest['status']; complaints: string[] } {
    const plain = created(kind, good());
    const previous = { ...plain, status: before } as CertificateSigningRequest;
    const next = { ...plain, status: after } as CertificateSigningRequest;
    const view = path ? kind.subresources?.[path] : undefined;
    if (view && view.do !== 'view') throw new Error('no view');
    const prepared = (view ?? kind.strategy)?.prepareForUpdate?.(next, previous, someWrite) ?? next;
    const errors = view ? view.validateUpdate?.(prepared, previous) : kind.validateUpdate?.(prepared, previous);
    return { stored: prepared.status, complaints: lines(errors ?? []) };
  }
  const conditions = (...list: object[]): Json => ({ conditions: list });

  it.each<[Path, string, Json, Json, string[]]>([
    ['approval', 'approves', {}, conditions(approved), []],
    [
      'approval',
      'takes nothing back',
      conditions(approved),
      {},
      ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
    ],
    [
      'approval',
      'does not say both',
      conditions(approved),
      conditions(approved, denied),
      ['status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
    ],
    ['approval', 'says it once', {}, conditions(approved, approved), ['status.conditions[1].type: Duplicate value: "Approved"']],
    [
      'approval',
      'says yes only',
      {},
      conditions({ ...approved, status: 'False' }),
      ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
    ],
    ['approval', 'says what it is', {}, conditions({ type: '', status: 'True' }), ['status.conditions[0].type: Required value']],
    ['approval', 'says others as it likes', {}, conditions({ type: 'Seen', status: 'Unknown' }), []],
    [
      'status',
      'does not approve',
      {},
      conditions(approved),
      ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
    ],
    [
      'status',
      'does not change why',
      conditions(approved),
      conditions({ ...approved, reason: 'other' }),
      ['status.conditions: Forbidden: updates may not modify a condition of type "Approved"'],
    ],
    ['status', 'fails', {}, conditions(failed), []],
    [
      'status',
      'fails for good',
      conditions(failed),
      {},
      ['status.conditions: Forbidden: updates may not remove a condition of type "Failed"'],
    ],
    [
      'status',
      'holds certificates only',
      {},
      { certificate: btoa('x') },
      ['status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
    ],
  ])('by %s %s', (...[path, _name, before, after, want]) => {
    const known = (status: Json): Json => ({
      ...status,
      ...(status['conditions'] !== undefined && {
        conditions: (status['conditions'] as Json[]).map((each) => ({ lastUpdateTime: 't', lastTransitionTime: 't', ...each })),
      }),
    });
    expect(write(path, known(before), known(after)).complaints).toEqual(want);
  });

  it('keeps the first certificate', () => {
    expect(write('status', {}, { certificate }).complaints).toEqual([]);
    expect(write('status', { certificate }, { certificate: btoa(`\n${atob(certificate)}`) }).complaints).toEqual([
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ]);
    expect(write('approval', {}, { certificate }).stored).toEqual({});
  });

  it('of what is no status changes no status, and nothing of what was asked', () => {
    expect(write('', conditions(approved), { certificate })).toEqual({ stored: conditions(approved), complaints: [] });
  });

  it('says when a condition was written, and since when it is so', () => {
    const before = conditions({ ...approved, lastTransitionTime: '2025-01-01T00:00:00Z' });
    expect(write('approval', before, conditions(approved)).stored?.conditions).toMatchObject([
      { lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2025-01-01T00:00:00Z' },
    ]);
    expect(write('approval', {}, conditions(approved)).stored?.conditions).toMatchObject([
      { lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
  });
});
