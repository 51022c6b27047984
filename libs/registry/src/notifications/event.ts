import type { BlobDigest } from '../contract.ts';

export const eventActions = ['pull', 'push', 'mount', 'delete'] as const;
export type EventAction = (typeof eventActions)[number];

/** What has happened, as far as who did it to what. */
export interface Happening {
  action: EventAction;
  repository: string;
  mediaType: string;
  digest?: BlobDigest;
  sizeBytes?: number;
  tag?: string;
  fromRepository?: string;
}

/** Who asked, and by which request. */
export interface Origin {
  id: string;
  addr: string;
  host: string;
  method: string;
  useragent: string;
  user: string | undefined;
}

/** Distribution, "Work with notifications": the media type of an envelope. */
export const envelopeType = 'application/vnd.docker.distribution.events.v2+json';

/** One event of an envelope, in the form that receivers of the Docker registry's know. */
export function eventOf(
  { action, repository, mediaType, digest, sizeBytes, tag, fromRepository }: Happening,
  { user, ...request }: Origin,
  meta: { id: string; at: Date; scheme: string; instance: string },
): object {
  const path = digest && (mediaType === blobType ? `blobs/${digest}` : `manifests/${digest}`);
  const size = sizeBytes === undefined ? {} : { size: sizeBytes, length: sizeBytes };
  return {
    id: meta.id,
    timestamp: meta.at.toISOString(),
    action,
    target: {
      mediaType,
      ...size,
      ...(digest && { digest }),
      repository,
      ...(fromRepository !== undefined && { fromRepository }),
      ...(path && { url: `${meta.scheme}://${request.host}/v2/${repository}/${path}` }),
      ...(tag !== undefined && { tag }),
    },
    request,
    actor: user === undefined ? {} : { name: user },
    source: { addr: meta.instance, instanceID: meta.instance },
  };
}

export const blobType = 'application/octet-stream';
