import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';
import type { Credentials } from '../contract.ts';

type Certificate = NonNullable<Credentials['certificate']>;

const seen = new WeakMap<TLSSocket, { certificate: Certificate | undefined }>();

/**
 * The certificate that the other side of a TLS connection proved to own, if the cluster's authority signed it. Asked once a connection.
 * HTTP/2 sockets are proxies of the real one and answer alike.
 */
export function certificateOf(socket: TLSSocket): Certificate | undefined {
  const known = seen.get(socket);
  if (known) return known.certificate;
  const certificate = socket.authorized ? certificateFrom(socket.getPeerCertificate()) : undefined;
  seen.set(socket, { certificate });
  return certificate;
}

/** Subject names become user and groups: RFC 5280 allows several O attributes, Node then gives an array. */
export function certificateFrom(peer: PeerCertificate | DetailedPeerCertificate | undefined): Certificate | undefined {
  if (!peer?.subject) return undefined;
  const commonName = namesOf(peer.subject.CN)[0];
  if (!commonName) return undefined;
  return {
    commonName,
    organizations: namesOf(peer.subject.O),
    ...(peer.fingerprint256 && { fingerprint: peer.fingerprint256.replaceAll(':', '').toLowerCase() }),
  };
}

function namesOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
