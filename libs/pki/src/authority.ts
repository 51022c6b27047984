import 'reflect-metadata'; // @peculiar/x509 resolves its algorithms through it
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { systemRandom } from '#base';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 24 * 60 * 60 * 1000;

/** PEM texts of a certificate and its private key (PKCS #8). */
export interface KeyPairPem {
  certificate: string;
  key: string;
}

export interface CertificateRequest {
  /** The user name, for client certificates. */
  commonName: string;
  /** The groups, for client certificates. */
  organizations?: readonly string[];
  /** What clients compare with the name they asked for; they do not look at the common name (RFC 9525). */
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  usages: readonly ('client' | 'server')[];
  /** Days from now; one year unless told otherwise. */
  validDays?: number;
}

/** A self-signed certificate authority, valid for ten years. */
export async function createAuthority(commonName: string, now: Date): Promise<KeyPairPem> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now.getTime() - dayMs), // clocks of joining machines may be behind
    notAfter: new Date(now.getTime() + 3650 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privateKeyPem(keys.privateKey) };
}

/**
 * A certificate signed by `authority`, with a fresh P-256 key. May be good for longer than the authority itself, since nobody compares them
 * here. Throws an Error when the authority's PEM texts cannot be read.
 */
export async function issueCertificate(authority: KeyPairPem, request: CertificateRequest, now: Date): Promise<KeyPairPem> {
  const { issuer, signingKey, signingAlgorithm } = await signerOf(authority);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const usages = request.usages.map((usage) => (usage === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth));
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...(request.organizations ?? []).map((name) => ({ O: [name] })), { CN: [request.commonName] }],
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + (request.validDays ?? 365) * dayMs),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names.length ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privateKeyPem(keys.privateKey) };
}

/** What certificates are signed with. Throws an Error when the authority's PEM texts cannot be read. */
export async function signerOf(
  authority: KeyPairPem,
): Promise<{ issuer: x509.X509Certificate; signingKey: webcrypto.CryptoKey; signingAlgorithm: typeof algorithm }> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', derOf(authority.key), algorithm, false, ['sign']);
  return { issuer, signingKey, signingAlgorithm: algorithm };
}

/** A private key (P-256, PKCS #8 PEM) for signing service-account tokens with ES256. */
export function createSigningKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** When a certificate (PEM) ends. Throws an Error when it cannot be read. */
export const certificateEnd = (certificate: string): Date => new x509.X509Certificate(certificate).notAfter;

/** Days until the certificate ends; negative when it has. */
export function daysLeft(certificate: string, now: Date): number {
  return (certificateEnd(certificate).getTime() - now.getTime()) / dayMs;
}

/** Positive, at most 20 octets: RFC 5280 section 4.1.2.2. */
export function serialNumber(): string {
  const bytes = systemRandom.bytes(16);
  // The highest bit clear, or DER would read a negative number; the next one set, so that all have the same length.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

export function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function derOf(key: string): ArrayBuffer {
  const [der] = x509.PemConverter.decode(key);
  if (!der) throw new Error('not a private key in PEM');
  return der;
}
