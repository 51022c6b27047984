import { join } from 'node:path';
import type { BlobDigest } from '../contract.ts';
import { splitDigest } from '../names.ts';

/*
 * <root>/
 *   blobs/<algorithm>/<2 hex>/<hex>                       bytes, once
 *   uploads/<id>/{repository,data}                        sessions
 *   repositories/<name>/_layers/<algorithm>/<hex>         empty: this repository shows the blob
 *   repositories/<name>/_manifests/revisions/<algorithm>/<hex>   the media type it was pushed with
 *   repositories/<name>/_manifests/tags/<tag>             the digest the tag points at
 *   repositories/<name>/_referrers/<algorithm>/<hex of the subject>/<algorithm>/<hex>   descriptor of the referrer, JSON
 *
 * No component of a repository name starts with `_`, so names and our own folders never meet.
 */
export class Layout {
  constructor(readonly root: string) {}

  get blobs(): string {
    return join(this.root, 'blobs');
  }

  get uploads(): string {
    return join(this.root, 'uploads');
  }

  get repositories(): string {
    return join(this.root, 'repositories');
  }

  blob(digest: BlobDigest): string {
    const { algorithm, hex } = splitDigest(digest);
    return join(this.blobs, algorithm, hex.slice(0, 2), hex);
  }

  upload(id: string): string {
    return join(this.uploads, id);
  }

  repository(name: string): string {
    return join(this.repositories, name);
  }

  layerLink(name: string, digest: BlobDigest): string {
    return join(this.repository(name), '_layers', ...pathOf(digest));
  }

  revisions(name: string): string {
    return join(this.repository(name), '_manifests', 'revisions');
  }

  revision(name: string, digest: BlobDigest): string {
    return join(this.revisions(name), ...pathOf(digest));
  }

  tags(name: string): string {
    return join(this.repository(name), '_manifests', 'tags');
  }

  tag(name: string, tag: string): string {
    return join(this.tags(name), tag);
  }

  referrers(name: string, subject: BlobDigest): string {
    return join(this.repository(name), '_referrers', ...pathOf(subject));
  }

  referrer(name: string, subject: BlobDigest, digest: BlobDigest): string {
    return join(this.referrers(name, subject), ...pathOf(digest));
  }
}

function pathOf(digest: BlobDigest): [string, string] {
  const { algorithm, hex } = splitDigest(digest);
  return [algorithm, hex];
}
