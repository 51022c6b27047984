import 'reflect-metadata'; // @peculiar/x509 resolves its algorithms through it
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { createAuthority } from './authority.ts';
import { parseCertificateRequest, verifyCertificateRequest } from './certificate-request.ts';
import { pemBlocks } from './pem.ts';
import { signCertificateRequest } from './sign-request.ts';
import { certificateRequest, ecdsa } from './testing.ts';

const now = new Date('2026-06-01T00:00:00Z');
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

const ann = {
  commonName: 'ann',
  organizations: ['dev', 'ops'],
  dnsNames: ['a.example.com'],
  ipAddresses: ['10.0.0.1'],
  emailAddresses: ['a@example.com'],
  uris: ['spiffe://a'],
};
const pemOf = (der: Uint8Array | ArrayBuffer, type = 'CERTIFICATE REQUEST'): string =>
  `-----BEGIN ${type}-----\n${Buffer.from(der as ArrayBuffer).toString('base64')}\n-----END ${type}-----\n`;

describe('a certificate request', () => {
  it('says who asks, and for which names', async () => {
    const pem = (await certificateRequest(ann)).toString('pem');
    expect(parseCertificateRequest(pem)).toEqual(ann);
  });

  it.each([
    ['ECDSA', ecdsa],
    ['ECDSA on P-384', { ...ecdsa, namedCurve: 'P-384', hash: 'SHA-384' }],
    ['RSA', rsa],
    ['Ed25519', { name: 'Ed25519' }],
  ])('is signed by its own key: %s', async (_name, algorithm) => {
    const made = await certificateRequest(ann, algorithm);
    expect(() => verifyCertificateRequest(made.toString('pem'))).not.toThrow();
    const forged = Buffer.from(made.rawData);
    forged[forged.indexOf('ann')]! ^= 1;
    expect(() => verifyCertificateRequest(pemOf(forged))).toThrow(/verification (failure|error)$/);
  });

  it('by SHA-1 proves nothing', async () => {
    const pem = (await certificateRequest(ann, { ...rsa, hash: 'SHA-1' })).toString('pem');
    expect(() => verifyCertificateRequest(pem)).toThrow('x509: cannot verify signature: insecure algorithm SHA-1');
  });

  it('is of the right type, whole and alone', async () => {
    const der = Buffer.from((await certificateRequest(ann)).rawData);
    const why = (text: string): string => {
      try {
        parseCertificateRequest(text);
      } catch (err) {
        return (err as Error).message;
      }
      return 'fine';
    };
    expect(why('')).toBe('PEM block type must be CERTIFICATE REQUEST');
    expect(why(pemOf(der, 'CERTIFICATE'))).toBe('PEM block type must be CERTIFICATE REQUEST');
    expect(why(pemOf(der.subarray(0, -1)))).toBe('asn1: syntax error: data truncated');
    expect(why(pemOf(Buffer.concat([der, Buffer.of(0)])))).toBe('asn1: syntax error: trailing data');
    expect(why(pemOf(Buffer.of(0x30, 3, 2, 1, 0)))).toMatch(/^asn1: structure error: /);
  });
});

describe('blocks of PEM', () => {
  it('stand between any text, and those that end otherwise than they began are none', () => {
    const text = `x\n${pemOf(Buffer.from('a'), 'A')}-----BEGIN B-----\nYQ==\n-----END C-----\n${pemOf(Buffer.from('d'), 'D')}`;
    expect(pemBlocks(text).map(({ type, der }) => [type, der.toString()])).toEqual([
      ['A', 'a'],
      ['D', 'd'],
    ]);
  });
  it('may have headers', () => {
    expect(pemBlocks('-----BEGIN A-----\nK: v\n\nYQ==\n-----END A-----')).toMatchObject([{ hasHeaders: true, der: Buffer.from('a') }]);
  });
});

describe('signing a request', () => {
  const sign = async (usages: string[], seconds: number) => {
    const ca = await createAuthority('berth', now);
    const pem = (await certificateRequest(ann)).toString('pem');
    const text = await signCertificateRequest(ca, pem, { usages, seconds }, now);
    return { ca, certificate: new X509Certificate(text), read: new x509.X509Certificate(text) };
  };

  it('keeps what was asked for, and makes no authority of it', async () => {
    const { ca, certificate, read } = await sign(['digital signature', 'key encipherment', 'client auth', 'server auth'], 3600 * 24);
    expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
    expect(certificate.subject.split('\n')).toEqual(['O=dev', 'O=ops', 'CN=ann']);
    expect(certificate.subjectAltName).toBe('DNS:a.example.com, IP Address:10.0.0.1, email:a@example.com, URI:spiffe://a');
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(read.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
    );
  });

  it.each([
    ['of an hour begins earlier and ends in an hour', 3600, '2026-05-31T23:55:00.000Z', '2026-06-01T01:00:00.000Z'],
    ['of a day is moved as a whole', 86_400, '2026-05-31T23:55:00.000Z', '2026-06-01T23:55:00.000Z'],
    ['of a century ends with its authority', 3_000_000_000, '2026-05-31T23:55:00.000Z', '2036-05-29T00:00:00.000Z'],
  ])('%s', async (_name, seconds, from, to) => {
    const { read } = await sign(['client auth'], seconds);
    expect([read.notBefore.toISOString(), read.notAfter.toISOString()]).toEqual([from, to]);
  });

  it('is refused when the authority has ended', async () => {
    const ca = await createAuthority('berth', new Date('2000-01-01T00:00:00Z'));
    const pem = (await certificateRequest(ann)).toString('pem');
    await expect(signCertificateRequest(ca, pem, { usages: [], seconds: 600 }, now)).rejects.toThrow(/^the signer has expired: NotAfter=/);
  });
});
