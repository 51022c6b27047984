import type { ImageBuilding } from '#runtime/building.contract';
import { RuntimeError } from '#runtime/contract';
import type { Image, ImageService } from '#runtime/images.contract';
import { badParameter, EngineError, notFound } from '../errors.ts';

/** The node's images under the names that Docker's users know. */
export class EngineImages {
  constructor(
    readonly service: ImageService,
    readonly building: ImageBuilding,
  ) {}

  /** By name, id, or the beginning of an id. */
  async find(reference: string): Promise<Image | undefined> {
    if (reference === '') return undefined;
    const known = await this.byName(reference);
    if (known) return known;
    const begun = /^(?:sha256:)?([0-9a-f]{4,64})$/.exec(reference)?.[1];
    if (begun === undefined) return undefined;
    const found = (await this.service.list()).filter(({ id }) => id.startsWith(`sha256:${begun}`));
    return found.length === 1 ? found[0] : undefined;
  }

  /** Throws 404. */
  async must(reference: string): Promise<Image> {
    const image = await this.find(reference);
    if (!image) throw notFound(`No such image: ${this.withTag(reference)}`);
    return image;
  }

  /** `busybox` is shown as `busybox:latest`. */
  withTag(reference: string): string {
    return reference === '' || reference.includes('@') || reference.startsWith('sha256:') || /:[^/]*$/.test(reference)
      ? reference
      : `${reference}:latest`;
  }

  /** Throws 400 for what no image can be called. */
  async checkName(name: string): Promise<void> {
    if (name.includes('@')) throw badParameter('refusing to create a tag with a digest reference');
    await this.demandReference(name);
  }

  /** Throws 400 for what no image can be called, with a tag or a digest or neither. */
  async demandReference(reference: string): Promise<void> {
    try {
      await this.service.get(reference);
    } catch (err) {
      throw inWords(err);
    }
  }

  async tag(source: string, target: string): Promise<void> {
    const image = await this.must(source);
    try {
      await this.service.tag(image.id, target);
      await this.service.pin(image.id);
    } catch (err) {
      throw inWords(err);
    }
  }

  private async byName(reference: string): Promise<Image | undefined> {
    try {
      return await this.service.get(reference);
    } catch (err) {
      if (err instanceof RuntimeError && err.code === 'invalid-image-name') return undefined; // it may be a part of an id
      throw err;
    }
  }
}

/** As people write it: without Docker's own registry and its `library/`. */
export function familiar(name: string): string {
  return name.replace(/^docker\.io\/library\//, '').replace(/^docker\.io\//, '');
}

/** A name without its tag or digest; a registry's port is neither. */
export const repositoryOf = (name: string): string => name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');

export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

/** Errors of the runtime as the API answers them. */
export function inWords(err: unknown): unknown {
  if (!(err instanceof RuntimeError)) return err;
  const message = err.message.replace(/^couldn't parse image name "[^"]*": /, '');
  switch (err.code) {
    case 'invalid-image-name':
      return badParameter(message);
    case 'image-not-found':
      return new EngineError(404, message, { cause: err });
    default:
      return new EngineError(500, message, { cause: err });
  }
}
