import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, writeFileAtomic } from '#base';
import { createAuthority, daysLeft, issueCertificate, type KeyPairPem } from '#pki';
import type { IngressCertificate } from '../contract.ts';

const commonName = 'Berth Ingress Default Certificate';

/** What clients get that ask for a host nobody has a certificate for; no client trusts it. Made once, and kept as long as the directory is. */
export async function defaultCertificate(directory: string, clock: Clock): Promise<IngressCertificate> {
  const file = join(directory, 'default-certificate.json');
  const now = clock.now();
  const kept = await readFile(file, 'utf8').catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return undefined;
    throw err;
  });
  const pair = kept === undefined ? undefined : (JSON.parse(kept) as KeyPairPem);
  if (pair && daysLeft(pair.certificate, now) > 30) return { hosts: ['*'], ...pair };
  // What signed it is thrown away: nothing else can be made by it.
  const authority = await createAuthority(commonName, now);
  const made = await issueCertificate(authority, { commonName, dnsNames: ['ingress.invalid'], usages: ['server'] }, now);
  await writeFileAtomic(file, JSON.stringify(made));
  return { hosts: ['*'], ...made };
}
