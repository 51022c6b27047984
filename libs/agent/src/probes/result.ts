import { lookUp } from '#base';

/**
 * What a probe or hook found (Kubernetes, "Probe outcome"). `unknown`: the diagnosis itself went wrong, which says nothing about the
 * container. A warning is for the pod's events.
 */
export type CheckResult = { ok: true; warning?: string } | { ok: false; message: string; unknown?: true };

export const ok: CheckResult = { ok: true };
/** The container's fault: it counts towards the failure threshold. */
export const failed = (message: string): CheckResult => ({ ok: false, message });
/** Nobody's that is known: it counts for nothing. */
export const unknown = (message: string): CheckResult => ({ ok: false, message, unknown: true });

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

const dialWords: Partial<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
  ECONNRESET: 'read: connection reset by peer',
};

/** Go's words, which people search for. */
export function dialError(err: Error, host: string, port: number): string {
  const code = (err as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  const known = lookUp(dialWords, code);
  return known ? `dial tcp ${hostPort(host, port)}: ${known}` : err.message;
}
