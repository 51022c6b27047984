import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request } from 'node:https';
import type { Node } from '#api/types';
import { type Digest, isDigest } from '#base';
import type { Neighbours, SharedBlob } from '#runtime/neighbours.contract';
import type { Logger } from '#telemetry';
import type { PortAnswer, PortRequest } from './node-port/port-request.ts';

/** Of the node's own port; only nodes may ask. */
const path = '/blobs/';
/** A neighbour that is slower than the registry is no help. Both bound waiting, not the whole transfer. */
const limits = { answerMs: 500, idleMs: 2_000, asked: 4, serving: 4 };

export interface NeighbourOptions {
  nodeName: string;
  nodes: () => readonly Node[];
  tls: { ca: string; cert: string; key: string };
  logger: Logger;
}

/** Whether a client certificate may ask for blobs: a node's own (Kubernetes, "Using Node Authorization"). */
export function isNeighbour(certificate: { commonName: string; organizations: readonly string[] } | undefined): boolean {
  return (
    certificate !== undefined && certificate.organizations.includes('system:nodes') && certificate.commonName.startsWith('system:node:')
  );
}

/** True for requests that `BlobPort` answers. */
export function isBlobPath(url: string): boolean {
  return url.startsWith(path);
}

/** Gives blobs of this node to the others, a few at a time: who finds none asks the registry. */
export class BlobPort {
  private serving = 0;

  constructor(private readonly images: { shared(digest: Digest): Promise<SharedBlob | undefined> }) {}

  async answer({ path: asked, query }: PortRequest): Promise<PortAnswer | undefined> {
    const digest = asked.slice(path.length);
    const from = Number(query.get('from') ?? 0);
    if (!isDigest(digest) || !Number.isSafeInteger(from) || from < 0 || this.serving >= limits.serving) return undefined;
    const blob = await this.images.shared(digest);
    if (!blob || from > blob.sizeBytes) return undefined;
    return { code: 200, type: 'application/octet-stream', body: this.counted(blob.read(from)) };
  }

  private async *counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.serving++;
    try {
      yield* source;
    } finally {
      this.serving--;
    }
  }
}

/** Asks the other nodes of the cluster for blobs, over mutual TLS. */
export class NeighbourBlobs implements Neighbours {
  private readonly agent: HttpsAgent;

  constructor(private readonly options: NeighbourOptions) {
    this.agent = new HttpsAgent({ ...options.tls, keepAlive: true, maxSockets: 8 });
  }

  async blob(digest: Digest, { from, signal }: { from: number; signal?: AbortSignal }): Promise<AsyncIterable<Buffer> | undefined> {
    for (const { url, name } of this.addresses()) {
      try {
        const response = await this.get(`${url}${path}${digest}?from=${from}`, signal);
        if (response.statusCode === 200) return response as AsyncIterable<Buffer>;
        response.resume();
      } catch (err) {
        signal?.throwIfAborted();
        this.options.logger.debug({ neighbour: name, digest, err }, 'a neighbour could not be asked for a layer');
      }
    }
    return undefined;
  }

  private addresses(): { url: string; name: string }[] {
    const found = this.options.nodes().flatMap(({ metadata, status }) => {
      const address = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
      const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
      const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
      const name = metadata.name ?? '';
      if (!address || !port || !isReady || name === this.options.nodeName) return [];
      return [{ name, url: `https://${address.includes(':') ? `[${address}]` : address}:${port}` }];
    });
    return found.slice(0, limits.asked);
  }

  private get(url: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: this.agent, timeout: limits.answerMs, ...(signal && { signal }) }, (response) => {
        outgoing.setTimeout(limits.idleMs);
        resolve(response);
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('it does not answer')));
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
}
