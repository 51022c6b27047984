import type { Digest } from '#base';
import type { Neighbours } from '../neighbours.contract.ts';
import type { BlobSource } from './fetch-layer.ts';

/** Below it, asking costs as much as fetching. */
const leastBytes = 64 * 1024;

export interface NearestOptions {
  neighbours: Neighbours | undefined;
  registry: BlobSource;
  digest: Digest;
  sizeBytes: number;
  signal: AbortSignal | undefined;
}

/** A blob from the nearest that has it: another node of the cluster, and what does not come from there, from the registry. */
export class NearestSource {
  /** Whether anything came from a neighbour, whom nobody has to believe. */
  usedNeighbour = false;

  constructor(private readonly options: NearestOptions) {}

  async *read(from: number): AsyncGenerator<Buffer> {
    const { registry, sizeBytes, signal } = this.options;
    let done = from;
    try {
      for await (const chunk of await this.ofNeighbour(from)) {
        if (done + chunk.length > sizeBytes) break;
        this.usedNeighbour = true;
        done += chunk.length;
        yield chunk;
      }
    } catch {
      signal?.throwIfAborted(); // else the registry has the rest
    }
    if (done < sizeBytes) yield* registry(done);
  }

  private async ofNeighbour(from: number): Promise<AsyncIterable<Buffer> | Buffer[]> {
    const { neighbours, digest, sizeBytes, signal } = this.options;
    if (!neighbours || sizeBytes - from < leastBytes) return [];
    return (await neighbours.blob(digest, { from, ...(signal && { signal }) })) ?? [];
  }
}
