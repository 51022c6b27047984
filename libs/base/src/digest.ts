import { createHash } from 'node:crypto';

/** `sha256:<64 hex>`: OCI image-spec, descriptor.md, "Digests". */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** Lower case alone: the image-spec knows `[a-f0-9]{64}`, and one content must not have two names. */
export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/** Of what is in memory; a string counts as UTF-8. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
