import { BuildCache } from './build-cache.ts';
import { buildImage } from './build-image.ts';
import type { Builder, BuildOptions } from './contract.ts';
import { fetchContext } from './remote/remote-context.ts';

/** The builder of one image store. */
export function builderOf(parts: Pick<BuildOptions, 'images' | 'building' | 'runner' | 'cacheDir'>): Builder {
  return {
    build: (options) => buildImage({ ...options, ...parts }),
    fetchContext: (remote, directory, signal) => fetchContext(remote, { directory, building: parts.building, signal }),
    cache: new BuildCache(parts.cacheDir, parts.building),
  };
}
