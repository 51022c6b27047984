import type { Digest } from '#base';
import type { Image } from './images.contract.ts';

/** Images in archives: what `docker save` writes and `docker load`, `podman load` and `skopeo` read, and the other way round. */
export interface ImageArchives {
  /**
   * A tar archive that is both Docker's (`manifest.json`) and an OCI layout (`index.json`), layers not packed, each blob once. Throws
   * 'image-not-found' before its first byte.
   */
  save(images: readonly SavedImage[]): Promise<AsyncGenerator<Buffer>>;
  /**
   * Takes in a (packed) archive of either form. All of its images are there afterwards, or none. Throws 'bad-image' for what is broken,
   * hostile or incomplete, and 'disk-full'.
   */
  load(archive: AsyncIterable<Buffer>, options?: { onProgress?: (progress: LoadProgress) => void }): Promise<LoadedImage[]>;
}

export interface SavedImage {
  id: Digest;
  /** Normalized, with tags. */
  names: readonly string[];
}

export interface LoadedImage {
  image: Image;
  /** That the archive gives it; whatever had them before has lost them. */
  names: string[];
  /** Former holders of the names. */
  renamed: { name: string; id: Digest }[];
}

/** Of a layer that was not here. */
export interface LoadProgress {
  diffId: Digest;
  doneBytes: number;
  totalBytes: number;
}
