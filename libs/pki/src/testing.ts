import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface AskedCertificate {
  commonName?: string;
  organizations?: readonly string[];
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  emailAddresses?: readonly string[];
  uris?: readonly string[];
}

export const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate request as a client makes one, with a key of its own. */
export async function certificateRequest(
  { commonName, organizations = [], ...asked }: AskedCertificate = {},
  algorithm: { name: string; hash?: string } = ecdsa,
): Promise<x509.Pkcs10CertificateRequest> {
  const keys = (await webcrypto.subtle.generateKey(algorithm as typeof ecdsa, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const subject: Record<string, string[]>[] = organizations.map((name) => ({ O: [name] }));
  if (commonName) subject.push({ CN: [commonName] });
  const names = [
    ...(asked.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(asked.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(asked.emailAddresses ?? []).map((value) => ({ type: 'email' as const, value })),
    ...(asked.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
  return x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm as typeof ecdsa,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
}

/** As `spec.request` has it. */
export async function encodedRequest(asked: AskedCertificate = {}): Promise<string> {
  return Buffer.from((await certificateRequest(asked)).toString('pem')).toString('base64');
}
