import 'reflect-metadata'; // @peculiar/x509 resolves its algorithms through it
import { constants, createPublicKey, verify } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { pemBlocks } from './pem.ts';

/** What somebody asks a certificate for: PKCS #10, RFC 2986. */
export interface CertificateRequestContent {
  /** Of the subject; '' when it has none. */
  commonName: string;
  organizations: readonly string[];
  /** subjectAltName, by kind (RFC 5280 section 4.2.1.6). */
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
}

/** Reads the first block of a PEM text. Throws an Error that says what is wrong with it, in Go's words where it has some. */
export function parseCertificateRequest(pem: string): CertificateRequestContent {
  const request = requestOf(pem);
  const names = namesOf(request);
  const ofType = (type: 'dns' | 'ip' | 'email' | 'url'): string[] => names.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '', // Go's pkix.Name keeps the last
    organizations: request.subjectName.getField('O'),
    dnsNames: ofType('dns'),
    ipAddresses: ofType('ip'),
    emailAddresses: ofType('email'),
    uris: ofType('url'),
  };
}

/** Whether it is signed by the key that it is for, so that nobody asks for another's. Throws an Error when it is not, or cannot be read. */
export function verifyCertificateRequest(pem: string): void {
  const request = requestOf(pem);
  const { hash, verifier, failure } = algorithmOf(request.signatureAlgorithm);
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  const signed = element(Buffer.from(request.rawData), true);
  if (!verify(hash, signed, { key, ...verifier }, Buffer.from(request.signature))) throw new Error(failure);
}

/** The request itself, for who signs it. Throws as `parseCertificateRequest`. */
export function requestOf(pem: string): x509.Pkcs10CertificateRequest {
  const [block] = pemBlocks(pem);
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  if (element(block.der, false).length !== block.der.length) throw new Error('asn1: syntax error: trailing data');
  try {
    const request = new x509.Pkcs10CertificateRequest(block.der);
    void [request.subjectName, request.signatureAlgorithm, request.publicKey.rawData, request.extensions]; // read only when asked for
    return request;
  } catch (cause) {
    throw new Error(`asn1: structure error: ${(cause as Error).message}`, { cause });
  }
}

/** Its subjectAltName, of any kind. */
export function namesOf(request: x509.Pkcs10CertificateRequest): readonly x509.GeneralName[] {
  const extension = request.getExtension('2.5.29.17');
  return extension instanceof x509.SubjectAlternativeNameExtension ? extension.names.items : [];
}

/** What is sure of no certificate: `crypto/x509` refuses to verify by these since Go 1.18. */
const insecure = new Set(['SHA-1', 'MD5']);

/** As WebCrypto writes it. */
interface SignatureAlgorithm {
  name?: string;
  hash?: { name: string };
  saltLength?: number;
}

function algorithmOf({ name, hash, saltLength }: SignatureAlgorithm): { hash: string | null; verifier: object; failure: string } {
  if (name === 'Ed25519') return { hash: null, verifier: {}, failure: 'x509: Ed25519 verification failure' };
  if (hash && insecure.has(hash.name)) throw new Error(`x509: cannot verify signature: insecure algorithm ${hash.name}`);
  const digest = hash?.name.replace('-', '').toLowerCase();
  if (digest && name === 'ECDSA') return { hash: digest, verifier: {}, failure: 'x509: ECDSA verification failure' };
  const failure = 'crypto/rsa: verification error';
  if (digest && name === 'RSASSA-PKCS1-v1_5') return { hash: digest, verifier: {}, failure };
  if (digest && name === 'RSA-PSS') return { hash: digest, verifier: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, failure };
  throw new Error('x509: cannot verify signature: algorithm unimplemented');
}

/** The first DER element of `bytes`, or the first one in it (X.690 section 8.1.3): with its tag and length. */
function element(bytes: Buffer, inside: boolean): Buffer {
  const first = bytes[1] ?? 0;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new Error('asn1: syntax error: data truncated');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new Error('asn1: syntax error: data truncated');
  return inside ? element(bytes.subarray(start, start + length), false) : bytes.subarray(0, start + length);
}
