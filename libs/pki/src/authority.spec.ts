import { X509Certificate, createPrivateKey } from 'node:crypto';
import { createAuthority, daysLeft, issueCertificate } from './authority.ts';

const now = new Date('2026-06-01T00:00:00Z');

describe('certificate authority', () => {
  it('issues certificates that verify against it, with user, groups and names', async () => {
    const ca = await createAuthority('berth', now);
    const leaf = await issueCertificate(
      ca,
      {
        commonName: 'system:node:a',
        organizations: ['system:nodes'],
        dnsNames: ['a'],
        ipAddresses: ['10.89.0.11'],
        usages: ['client', 'server'],
      },
      now,
    );
    const certificate = new X509Certificate(leaf.certificate);
    expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(ca.certificate))).toBe(true);
    expect(certificate.subject.split('\n').sort()).toEqual(['CN=system:node:a', 'O=system:nodes']);
    expect(certificate.subjectAltName).toBe('DNS:a, IP Address:10.89.0.11');
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('refuses nothing silently: another authority does not verify', async () => {
    const [one, other] = await Promise.all([createAuthority('one', now), createAuthority('one', now)]);
    const leaf = await issueCertificate(one, { commonName: 'x', usages: ['client'] }, now);
    expect(new X509Certificate(leaf.certificate).verify(new X509Certificate(other.certificate).publicKey)).toBe(false);
  });

  it('tells how long a certificate lasts', async () => {
    const ca = await createAuthority('berth', now);
    const leaf = await issueCertificate(ca, { commonName: 'x', usages: ['server'], validDays: 30 }, now);
    expect(Math.round(daysLeft(leaf.certificate, now))).toBe(30);
  });
});
