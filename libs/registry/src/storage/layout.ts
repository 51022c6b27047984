import type { BlobDigest } from '../contract.ts';
import { splitDigest } from '../names.ts';

/*
 *   blobs/<algorithm>/<2 hex>/<hex>                       bytes, once
 *   uploads/<id>/{repository,data}                        sessions
 *   repositories/<name>/_layers/<algorithm>/<hex>         empty: this repository shows the blob
 *   repositories/<name>/_manifests/revisions/<algorithm>/<hex>   the media type it was pushed with
 *   repositories/<name>/_manifests/tags/<tag>             the digest the tag points at
 *   repositories/<name>/_referrers/<algorithm>/<hex of the subject>/<algorithm>/<hex>   descriptor of the referrer, JSON
 *
 * No component of a repository name starts with `_`, so names and our own folders never meet.
 */
export const layout = {
  blobs: 'blobs',
  uploads: 'uploads',
  repositories: 'repositories',

  blob(digest: BlobDigest): string {
    const { algorithm, hex } = splitDigest(digest);
    return `${layout.blobs}/${algorithm}/${hex.slice(0, 2)}/${hex}`;
  },
  upload: (id: string): string => `${layout.uploads}/${id}`,
  uploadData: (id: string): string => `${layout.upload(id)}/data`,
  uploadRepository: (id: string): string => `${layout.upload(id)}/repository`,
  repository: (name: string): string => `${layout.repositories}/${name}`,
  layers: (name: string): string => `${layout.repository(name)}/_layers`,
  layerLink: (name: string, digest: BlobDigest): string => `${layout.layers(name)}/${pathOf(digest)}`,
  manifests: (name: string): string => `${layout.repository(name)}/_manifests`,
  revisions: (name: string): string => `${layout.manifests(name)}/revisions`,
  revision: (name: string, digest: BlobDigest): string => `${layout.revisions(name)}/${pathOf(digest)}`,
  tags: (name: string): string => `${layout.manifests(name)}/tags`,
  tag: (name: string, tag: string): string => `${layout.tags(name)}/${tag}`,
  referrers: (name: string, subject: BlobDigest): string => `${layout.repository(name)}/_referrers/${pathOf(subject)}`,
  referrer: (name: string, subject: BlobDigest, digest: BlobDigest): string => `${layout.referrers(name, subject)}/${pathOf(digest)}`,
};

function pathOf(digest: BlobDigest): string {
  const { algorithm, hex } = splitDigest(digest);
  return `${algorithm}/${hex}`;
}
