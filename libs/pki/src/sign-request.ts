import 'reflect-metadata'; // @peculiar/x509 resolves its algorithms through it
import * as x509 from '@peculiar/x509';
import { lookUp } from '#base';
import { type KeyPairPem, pem, serialNumber, signerOf } from './authority.ts';
import { namesOf, requestOf } from './certificate-request.ts';

/** What the signer decides; all else is as asked. */
export interface SigningPolicy {
  /** certificates.k8s.io KeyUsage values. */
  usages: readonly string[];
  /** How long it is good for from now, as far as the authority itself is. */
  seconds: number;
}

const flags = x509.KeyUsageFlags;

/** RFC 5280 section 4.2.1.3, by the names of certificates.k8s.io. */
const keyUsages: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: flags.digitalSignature,
  'digital signature': flags.digitalSignature,
  'content commitment': flags.nonRepudiation,
  'key encipherment': flags.keyEncipherment,
  'key agreement': flags.keyAgreement,
  'data encipherment': flags.dataEncipherment,
  'cert sign': flags.keyCertSign,
  'crl sign': flags.cRLSign,
  'encipher only': flags.encipherOnly,
  'decipher only': flags.decipherOnly,
};

/** RFC 5280 section 4.2.1.12, in the order in which upstream writes them. */
const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** Every value of certificates.k8s.io KeyUsage, sorted. */
export const certificateUsages: readonly string[] = [...Object.keys(keyUsages), ...Object.keys(extendedUsages)].sort();

/** Clocks of clients may be behind; a certificate for hours does not lose the time at its end (`pkg/controller/certificates/authority`, policies.go). */
const backdateMs = 5 * 60 * 1000;
const shortMs = 8 * 60 * 60 * 1000;

/**
 * A certificate (PEM) for a request (PEM) whose signature has been verified: its subject, names and key are as asked, it is no authority, and
 * nothing else that the request may hold is in it. It ends before the authority does. Throws an Error when that has ended, or when a text
 * cannot be read.
 */
export async function signCertificateRequest(authority: KeyPairPem, requestPem: string, policy: SigningPolicy, now: Date): Promise<string> {
  const { issuer, signingKey, signingAlgorithm } = await signerOf(authority);
  const request = requestOf(requestPem);
  if (issuer.notAfter <= now) throw new Error(`the signer has expired: NotAfter=${issuer.notAfter.toISOString()}`);
  const lifeMs = policy.seconds * 1000;
  const end = now.getTime() + lifeMs - (lifeMs < shortMs ? 0 : backdateMs);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(Math.min(end, issuer.notAfter.getTime())),
    publicKey: request.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      ...usagesOf(policy.usages),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...alternativeNames(request),
    ],
  });
  return pem(certificate);
}

function usagesOf(usages: readonly string[]): x509.Extension[] {
  const bits = usages.reduce((sum, usage) => sum | (lookUp(keyUsages, usage) ?? 0), 0);
  const extended = new Set(Object.entries(extendedUsages).flatMap(([name, oid]) => (usages.includes(name) ? [oid] : [])));
  return [
    ...(bits ? [new x509.KeyUsagesExtension(bits, true)] : []),
    ...(extended.size > 0 ? [new x509.ExtendedKeyUsageExtension([...extended])] : []),
  ];
}

/** Names of other kinds than these are left out, as Go's `x509.CreateCertificate` does. Critical where the subject says nothing (RFC 5280). */
function alternativeNames(request: x509.Pkcs10CertificateRequest): x509.Extension[] {
  const names = namesOf(request).filter(({ type }) => ['dns', 'ip', 'email', 'url'].includes(type));
  return names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names, request.subject === '')] : [];
}
