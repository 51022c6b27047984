import type { CertificateSigningRequest } from '#api/types';
import type { Column } from '../../contract.ts';
import { age, humanDuration } from '../../rules/columns.ts';

/** `k8s.io/kubernetes/pkg/printers/internalversion`, certificateSigningRequestColumnDefinitions. */
export const columns: readonly Column<CertificateSigningRequest>[] = [
  age,
  { name: 'SignerName', type: 'string', value: ({ spec }) => spec.signerName || '<none>' },
  { name: 'Requestor', type: 'string', value: ({ spec }) => spec.username ?? '' },
  {
    name: 'RequestedDuration',
    type: 'string',
    value: ({ spec: { expirationSeconds } }) => (expirationSeconds === undefined ? '<none>' : humanDuration(expirationSeconds * 1000)),
  },
  { name: 'Condition', type: 'string', value: conditionOf },
];

function conditionOf({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean => status?.conditions?.some((condition) => condition.type === type) ?? false;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decision, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}
