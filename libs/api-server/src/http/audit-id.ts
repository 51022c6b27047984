import type { IncomingHttpHeaders } from 'node:http';
import type { Random } from '#base';

/** What every answer is named by, so that it can be found again: the client's name for it, or a new one. `k8s.io/apiserver/pkg/audit` */
export function auditId(headers: IncomingHttpHeaders, random: Random): string {
  const given = headers['audit-id'];
  return typeof given === 'string' && given !== '' ? given : random.uuid();
}
