import type { Ingress } from '#api/types';

/** What annotations say of how an Ingress is served. */
export interface IngressOptions {
  /** Plain HTTP is sent to HTTPS. */
  redirectsToTls: boolean;
  /** How long a backend may say nothing. */
  timeoutSeconds?: number;
}

export const ingressAnnotations = {
  redirect: 'ingress.berth.dev/ssl-redirect',
  timeout: 'ingress.berth.dev/timeout-seconds',
} as const;

const maxTimeoutSeconds = 86_400;

/** `wrong`: what is said of annotations that are not taken. */
export function ingressOptions({ metadata }: Ingress): IngressOptions & { wrong: string[] } {
  const redirect = metadata.annotations?.[ingressAnnotations.redirect];
  const timeout = metadata.annotations?.[ingressAnnotations.timeout];
  const wrong: string[] = [];
  if (redirect !== undefined && redirect !== 'true' && redirect !== 'false') {
    wrong.push(`annotation ${ingressAnnotations.redirect}: must be "true" or "false"`);
  }
  const seconds = timeout !== undefined && /^\d{1,5}$/.test(timeout) ? Number(timeout) : 0;
  const isTimeout = seconds >= 1 && seconds <= maxTimeoutSeconds;
  if (timeout !== undefined && !isTimeout) {
    wrong.push(`annotation ${ingressAnnotations.timeout}: must be a number from 1 to ${maxTimeoutSeconds}`);
  }
  return { redirectsToTls: redirect === 'true', ...(isTimeout && { timeoutSeconds: seconds }), wrong };
}
