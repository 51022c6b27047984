import { type BlobDigest, type Descriptor, RegistryError, type StoredManifest } from '../contract.ts';
import type { StorageDriver } from '../drivers/contract.ts';
import { isBlobDigest, isTag } from '../names.ts';
import { type BlobStore, digestWith, matches } from './blobs.ts';
import { layout } from './layout.ts';
import { digestsUnder } from './lists.ts';
import { type ManifestDocument, parseManifest } from './manifest-document.ts';
import type { Quotas } from './quotas.ts';
import type { SeenRepository, SeenRevision } from './retention-plan.ts';

/** What a push has come to. */
interface StoredNow {
  digest: BlobDigest;
  mediaType: string;
  subject?: BlobDigest;
  /** That point at it now. */
  tags: readonly string[];
}

/** Manifests, tags and referrers of all repositories. */
export class Manifests {
  constructor(
    private readonly driver: StorageDriver,
    private readonly blobs: BlobStore,
    private readonly quotas: Quotas,
  ) {}

  /** By tag or digest. Throws MANIFEST_UNKNOWN. */
  async get(repository: string, reference: string): Promise<StoredManifest> {
    const digest = await this.resolve(repository, reference);
    const mediaType = digest && (await this.text(layout.revision(repository, digest)));
    const bytes = mediaType && (await this.blobs.read(digest));
    if (!digest || !mediaType || !bytes) throw unknownManifest(repository, reference);
    return { digest, mediaType, bytes };
  }

  /**
   * Stores a manifest whose references are all there. Tags (`tags` are for a push by digest) move last, so no reader finds a tag without its manifest. The subject need
   * not be there (OCI distribution-spec, "Pushing Manifests with Subject"). Throws TAG_INVALID, DIGEST_INVALID, MANIFEST_INVALID and
   * MANIFEST_BLOB_UNKNOWN. Idempotent.
   */
  async put(
    repository: string,
    reference: string,
    content: { bytes: Buffer; contentType?: string; tags?: readonly string[] },
  ): Promise<StoredNow> {
    const { bytes } = content;
    const tags = isBlobDigest(reference) ? (content.tags ?? []) : [reference];
    const bad = tags.find((tag) => !isTag(tag));
    if (bad !== undefined) throw new RegistryError('TAG_INVALID', 'invalid tag name', { detail: { tag: bad } });
    const document = parseManifest(bytes, content.contentType);
    if (isBlobDigest(reference) && !matches(bytes, reference)) {
      throw new RegistryError('DIGEST_INVALID', 'provided digest did not match uploaded content', { detail: { digest: reference } });
    }
    await this.demandReferences(repository, document);
    const digest = isBlobDigest(reference) ? reference : digestWith('sha256', bytes);
    await this.blobs.put(bytes, digest);
    const revision = layout.revision(repository, digest);
    await this.quotas.within(repository, revision, () => this.driver.put(revision, document.mediaType));
    if (document.subject) await this.addReferrer(repository, document, { digest, size: bytes.length });
    for (const tag of tags) {
      const file = layout.tag(repository, tag);
      await this.quotas.within(repository, file, () => this.driver.put(file, digest));
    }
    return { digest, mediaType: document.mediaType, subject: document.subject, tags };
  }

  /** What another registry has under this name: its blobs come when they are asked for. The tag moves last. */
  async mirror(repository: string, reference: string, { bytes, digest, mediaType }: StoredManifest): Promise<void> {
    const document = parseManifest(bytes, mediaType);
    await this.blobs.put(bytes, digest);
    await this.driver.put(layout.revision(repository, digest), document.mediaType);
    if (document.subject) await this.addReferrer(repository, document, { digest, size: bytes.length });
    if (isBlobDigest(reference)) return;
    await this.driver.put(layout.tag(repository, reference), digest);
    await this.blobs.touchFile(layout.tag(repository, reference)); // its age is told by the clock that it is compared with
  }

  /** Since the tag, or the manifest of this digest, was put here; undefined: it is not. */
  async ageMs(repository: string, reference: string, now: Date): Promise<number | undefined> {
    const digest = await this.resolve(repository, reference);
    const file =
      digest && (await this.driver.stat(isBlobDigest(reference) ? layout.revision(repository, digest) : layout.tag(repository, reference)));
    if (!file || !(await this.driver.stat(layout.blob(digest)))) return undefined;
    return now.getTime() - file.changedAtMs;
  }

  /** Somebody uses it: what is kept for as long as it is used goes on from now. */
  async touch(repository: string, reference: string): Promise<void> {
    const digest = await this.resolve(repository, reference);
    if (digest) await this.blobs.touchFile(layout.revision(repository, digest));
  }

  /**
   * By tag: only the tag goes. By digest: the manifest, its tags and its entry among the referrers. Blobs are left to garbage collection.
   * Throws MANIFEST_UNKNOWN.
   */
  async delete(repository: string, reference: string): Promise<void> {
    if (!isBlobDigest(reference)) {
      if (isTag(reference) && (await this.driver.remove(layout.tag(repository, reference)))) return;
      throw unknownManifest(repository, reference);
    }
    const manifest = await this.get(repository, reference);
    for (const tag of await this.tags(repository)) {
      if ((await this.text(layout.tag(repository, tag))) === reference) await this.driver.remove(layout.tag(repository, tag));
    }
    const { subject } = parseManifest(manifest.bytes, manifest.mediaType);
    if (subject) await this.driver.remove(layout.referrer(repository, subject, reference));
    await this.driver.remove(layout.revision(repository, reference));
  }

  /** What `retentionPlan` decides by. A manifest that cannot be read names nothing. */
  async seen(repository: string): Promise<SeenRepository> {
    const seen = { tags: [] as SeenRepository['tags'][number][], revisions: [] as SeenRevision[] };
    for (const name of await this.tags(repository)) {
      const [file, digest] = [await this.driver.stat(layout.tag(repository, name)), await this.resolve(repository, name)];
      if (file && digest) seen.tags.push({ name, digest, changedAtMs: file.changedAtMs });
    }
    for (const digest of await this.revisions(repository)) {
      const [file, bytes] = [await this.driver.stat(layout.revision(repository, digest)), await this.blobs.read(digest)];
      const { manifests = [], subject } = bytes ? parseManifest(bytes, undefined) : {};
      if (file) seen.revisions.push({ digest, changedAtMs: file.changedAtMs, manifests, subject });
    }
    return seen;
  }

  /** Of a tag that was not moved after `sinceMs`. */
  removeTag(repository: string, tag: string, sinceMs: number): Promise<boolean> {
    return this.driver.removeUntouched(layout.tag(repository, tag), sinceMs);
  }

  /** Of a manifest that was not pushed, named or used after `sinceMs`, with its entry among the referrers. */
  async removeRevision(repository: string, digest: BlobDigest, sinceMs: number): Promise<boolean> {
    const bytes = await this.blobs.read(digest);
    if (!(await this.driver.removeUntouched(layout.revision(repository, digest), sinceMs))) return false;
    const subject = bytes && parseManifest(bytes, undefined).subject;
    if (subject) await this.driver.removeUntouched(layout.referrer(repository, subject, digest), sinceMs);
    return true;
  }

  /** Sorted as the specification demands: "lexical", by bytes. */
  async tags(repository: string): Promise<string[]> {
    return (await this.names(layout.tags(repository))).filter(isTag).sort();
  }

  /** Digests of the repository's manifests, tagged or not, sorted: the roots of garbage collection. */
  async revisions(repository: string): Promise<BlobDigest[]> {
    return digestsUnder(this.driver, layout.revisions(repository));
  }

  /** Descriptors of the manifests that name this subject, whether it is here or not; sorted by digest. */
  async referrers(repository: string, subject: BlobDigest): Promise<Descriptor[]> {
    const texts = await Promise.all(
      (await digestsUnder(this.driver, layout.referrers(repository, subject))).map((digest) =>
        this.text(layout.referrer(repository, subject, digest)),
      ),
    );
    return texts.filter((text): text is string => text !== undefined).map((text) => JSON.parse(text) as Descriptor);
  }

  /** A repository exists when something was ever pushed to it. */
  async exists(repository: string): Promise<boolean> {
    return (await this.driver.stat(layout.manifests(repository))) !== undefined;
  }

  private async resolve(repository: string, reference: string): Promise<BlobDigest | undefined> {
    if (isBlobDigest(reference)) return reference;
    if (!isTag(reference)) return undefined;
    const digest = await this.text(layout.tag(repository, reference));
    return digest && isBlobDigest(digest) ? digest : undefined;
  }

  private async demandReferences(repository: string, document: ManifestDocument): Promise<void> {
    for (const digest of document.blobs) {
      if ((await this.blobs.sizeIn(repository, digest)) !== undefined) continue;
      throw new RegistryError('MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { detail: { digest } });
    }
    for (const digest of document.manifests) {
      // Touched, it is not taken for one that nothing leads to.
      if (await this.blobs.touchFile(layout.revision(repository, digest))) continue;
      throw new RegistryError('MANIFEST_BLOB_UNKNOWN', 'manifest unknown to registry', { detail: { digest } });
    }
  }

  private async addReferrer(
    repository: string,
    document: ManifestDocument,
    { digest, size }: { digest: BlobDigest; size: number },
  ): Promise<void> {
    if (!document.subject) return;
    const { mediaType, artifactType, annotations } = document;
    const descriptor: Descriptor = { mediaType, digest, size, ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
    await this.driver.put(layout.referrer(repository, document.subject, digest), JSON.stringify(descriptor));
  }

  private async text(path: string): Promise<string | undefined> {
    return (await this.driver.read(path))?.toString();
  }

  private async names(folder: string): Promise<string[]> {
    return (await this.driver.list(folder)).map(({ name }) => name);
  }
}

function unknownManifest(repository: string, reference: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', 'manifest unknown', { detail: { name: repository, reference } });
}
