import type { Digest } from '#base';
import { RuntimeError } from '#runtime/contract';
import type { Image, ImageService } from '#runtime/images.contract';
import { digestName, type ImageReference, nameOf, parseReference } from '#runtime/testing';

/** Images that are there by saying so. Held to `imageServiceConformance`. */
export class FakeImages implements ImageService {
  /** By name, and by name and digest: what registries have. */
  private readonly published = new Map<string, Image>();
  /** By id: what is here. */
  private readonly images = new Map<string, Image>();

  /** Lets a reference be pulled. The digest of its manifest is that of its config: nobody looks. */
  publish(reference: string, image: Image): void {
    const parsed = parseReference(reference);
    this.published.set(nameOf(parsed), image);
    this.published.set(digestName(parsed, image.id), image);
  }

  async pull(reference: string, { signal }: { signal?: AbortSignal } = {}): Promise<Image> {
    const parsed = parseReference(reference);
    signal?.throwIfAborted();
    const image = this.published.get(parsed.digest ? digestName(parsed, parsed.digest) : nameOf(parsed));
    if (!image) throw new RuntimeError('image-not-found', `${reference}: not found`);
    return this.add(image, { names: parsed.digest ? [] : [nameOf(parsed)], repoDigests: [digestName(parsed, image.id)] });
  }

  async get(reference: string): Promise<Image | undefined> {
    const image = this.find(reference);
    return image && copyOf(image);
  }

  async list(): Promise<Image[]> {
    return [...this.images.values()].map(copyOf);
  }

  async remove(reference: string): Promise<void> {
    const image = this.find(reference);
    if (!image) return;
    if (!isId(reference)) {
      const name = whole(parseReference(reference));
      image.names = image.names.filter((other) => other !== name);
      image.repoDigests = image.repoDigests.filter((other) => other !== name);
    }
    if (isId(reference) || (image.names.length === 0 && !image.pinned)) this.images.delete(image.id);
  }

  async push(reference: string): Promise<{ digest: Digest; sizeBytes: number }> {
    const image = this.must(reference);
    this.publish(reference, image);
    this.add(image, { names: [], repoDigests: [digestName(parseReference(reference), image.id)] });
    return { digest: image.id, sizeBytes: 0 };
  }

  async tag(source: string, target: string): Promise<void> {
    const parsed = parseReference(target);
    if (parsed.digest) throw new RuntimeError('invalid-image-name', `refusing to create a tag with a digest reference: ${target}`);
    this.add(this.must(source), { names: [nameOf(parsed)], repoDigests: [] });
  }

  async sync(): Promise<void> {}

  async pin(id: Digest): Promise<void> {
    this.images.set(id, { ...this.must(id), pinned: true });
  }

  async collectGarbage(): Promise<{ removedBytes: number }> {
    return { removedBytes: 0 };
  }

  /** A name moves here from whatever image had it. */
  private add(image: Image, { names, repoDigests }: Pick<Image, 'names' | 'repoDigests'>): Image {
    for (const other of this.images.values()) other.names = other.names.filter((name) => !names.includes(name));
    const known = this.images.get(image.id);
    const merged = {
      ...image,
      names: [...new Set([...(known?.names ?? []), ...names])],
      repoDigests: [...new Set([...(known?.repoDigests ?? []), ...repoDigests])],
    };
    this.images.set(image.id, merged);
    return copyOf(merged);
  }

  private find(reference: string): Image | undefined {
    if (isId(reference)) return this.images.get(reference.replace(/^(?!sha256:)/, 'sha256:'));
    const name = whole(parseReference(reference));
    return [...this.images.values()].find(({ names, repoDigests }) => names.includes(name) || repoDigests.includes(name));
  }

  private must(reference: string): Image {
    const image = this.find(reference);
    if (!image) throw new RuntimeError('image-not-found', `No such image: ${reference}`);
    return image;
  }
}

const isId = (reference: string): boolean => /^(sha256:)?[0-9a-f]{64}$/.test(reference);
const whole = (reference: ImageReference): string => (reference.digest ? digestName(reference, reference.digest) : nameOf(reference));
const copyOf = (image: Image): Image => ({ ...image, names: [...image.names], repoDigests: [...image.repoDigests] });
