import type { Digest } from '#base';
import type { Platform, RegistryCredentials } from './images.contract.ts';

/** What registries are asked beside pulls and pushes. References are as in `ImageService`; failures are those of its `pull`. */
export interface RegistryAccess {
  /** Tags of a repository; a reference's own tag does not matter. */
  tags(reference: string, options?: RegistryOptions): Promise<string[]>;
  /** What a reference leads to, without pulling it. */
  inspect(reference: string, options?: RegistryOptions): Promise<RegistryImage>;
  /** Resolves when the registry of a host takes the name and the password. Throws 'unauthorized'. */
  login(host: string, credentials: RegistryCredentials, signal?: AbortSignal): Promise<void>;
}

export interface RegistryOptions {
  credentials?: RegistryCredentials;
  signal?: AbortSignal;
}

export interface RegistryImage {
  descriptor: { mediaType: string; digest: Digest; size: number };
  platforms: Platform[];
}
