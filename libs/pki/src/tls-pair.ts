import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { KeyPairPem } from './authority.ts';

/**
 * A certificate (with its chain) and its key as servers take them: only the PEM blocks, the key in PKCS #8. Throws an Error that says what is
 * wrong with them: what is no PEM, a key of another certificate, one too weak for OpenSSL's security level 2.
 */
export function checkedTlsPair({ certificate, key }: KeyPairPem): KeyPairPem {
  const blocks = certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('there is no certificate in it');
  const chain = blocks.map((block) => new X509Certificate(block).toString()).join('');
  const privateKey = createPrivateKey(key);
  if (!new X509Certificate(blocks[0]!).checkPrivateKey(privateKey)) throw new Error('the key is not that of the certificate');
  const pair = { certificate: chain, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  createSecureContext({ cert: pair.certificate, key: pair.key, ciphers: 'DEFAULT@SECLEVEL=2' });
  return pair;
}

/** What a Secret of the type kubernetes.io/tls holds; empty texts where it has none. */
export function tlsPairOf({ data }: { data?: Record<string, string> }): KeyPairPem {
  const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('latin1');
  return { certificate: text(data?.['tls.crt']), key: text(data?.['tls.key']) };
}
