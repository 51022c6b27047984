import { generateKeyPairSync } from 'node:crypto';
import { systemClock } from '#base';
import { createAuthority, type KeyPairPem } from './authority.ts';
import { checkedTlsPair } from './tls-pair.ts';

let pair: KeyPairPem;
let other: KeyPairPem;
beforeAll(async () => {
  [pair, other] = await Promise.all([createAuthority('a', systemClock.now()), createAuthority('b', systemClock.now())]);
});

describe('a certificate and its key', () => {
  it('are taken as the blocks that they are', () => {
    const { certificate, key } = checkedTlsPair({
      certificate: `about it\n${pair.certificate}\nand\n\n${other.certificate}`,
      key: `\n${pair.key}`,
    });
    expect(certificate.match(/^-----BEGIN CERTIFICATE-----$/gm)).toHaveLength(2);
    expect(certificate + key).not.toMatch(/about|\n\n/);
    expect(checkedTlsPair({ certificate, key })).toEqual({ certificate, key });
  });

  const weak = (): string =>
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  it.each<[string, () => KeyPairPem, RegExp]>([
    ['nothing', () => ({ certificate: '', key: '' }), /there is no certificate in it/],
    ['a block that is none', () => ({ ...pair, certificate: pair.certificate.replace(/^MII/m, 'AAA') }), /asn1|ASN1|wrong tag|bad/i],
    ['the key of another', () => ({ ...pair, key: other.key }), /the key is not that of the certificate/],
    ['a weak key of another', () => ({ ...pair, key: weak() }), /the key is not that of the certificate/],
    ['a key that is none', () => ({ ...pair, key: 'x' }), /./],
  ])('are refused: %s', (_name, given, why) => expect(() => checkedTlsPair(given())).toThrow(why));
});
