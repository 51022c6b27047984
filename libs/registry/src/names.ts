import { type BlobDigest, RegistryError } from './contract.ts';

// OCI distribution-spec, "Pulling manifests": the grammar of <name> and of <reference> as a tag.
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const namePattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const uploadPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Longer names do not fit into a file system; the Docker registry has the same limit. */
const nameLimit = 255;

export function isRepositoryName(text: string): boolean {
  return text.length <= nameLimit && namePattern.test(text);
}

/** The text itself. Throws NAME_INVALID. */
export function repositoryName(text: string): string {
  if (!isRepositoryName(text)) throw new RegistryError('NAME_INVALID', 'invalid repository name', { detail: { name: text } });
  return text;
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

export function isBlobDigest(text: string): text is BlobDigest {
  return digestPattern.test(text);
}

/** The text itself. Throws DIGEST_INVALID. */
export function blobDigest(text: string): BlobDigest {
  if (!isBlobDigest(text)) {
    throw new RegistryError('DIGEST_INVALID', 'provided digest is not a sha256 or sha512 digest', { detail: { digest: text } });
  }
  return text;
}

/** Only what `Random.uuid` writes: nothing else out of a URL becomes the name of a folder. */
export function isUploadId(text: string): boolean {
  return uploadPattern.test(text);
}

/** `sha256` and the hex part of a digest, the only pieces of it that become file names. */
export function splitDigest(digest: BlobDigest): { algorithm: 'sha256' | 'sha512'; hex: string } {
  const [algorithm, hex] = digest.split(':') as ['sha256' | 'sha512', string];
  return { algorithm, hex };
}
