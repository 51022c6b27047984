import type { CertificateSigningRequest } from '#api/types';
import type { CertificateRequestContent } from '#pki';

/** `kubernetes.io/…`: the signers that every cluster has ("Certificate Signing Requests", "Kubernetes signers"). */
export const signers = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacy: 'kubernetes.io/legacy-unknown',
} as const;

/** undefined: as the signer wants it. Else why not, in the words of `k8s.io/kubernetes/pkg/apis/certificates`, helpers.go. */
export type SignerRule = (content: CertificateRequestContent, usages: readonly string[]) => string | undefined;

const nodesOrganization = 'subject organization is not system:nodes';
const nodeName = 'subject common name does not begin with system:node:';

export const kubeletClient: SignerRule = (content, usages) => {
  if (!isOfNodes(content)) return nodesOrganization;
  if (content.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (content.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (content.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (content.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!content.commonName.startsWith('system:node:')) return nodeName;
  return usagesFault(usages, 'client auth');
};

const kubeletServing: SignerRule = (content, usages) => {
  if (!isOfNodes(content)) return nodesOrganization;
  if (content.dnsNames.length + content.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (content.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (content.uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usagesFault(usages, 'server auth') ?? (content.commonName.startsWith('system:node:') ? undefined : nodeName);
};

const client: SignerRule = (_content, usages) => {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
};

/** What each signer asks of a request. The legacy one asks nothing. */
export const signerRules: Readonly<Record<string, SignerRule>> = {
  [signers.client]: client,
  [signers.kubeletClient]: kubeletClient,
  [signers.kubeletServing]: kubeletServing,
  [signers.legacy]: () => undefined,
};

const isOfNodes = ({ organizations }: CertificateRequestContent): boolean =>
  organizations.length === 1 && organizations[0] === 'system:nodes';

/** RSA keys encipher keys, others do not: either set is right. */
function usagesFault(usages: readonly string[], auth: string): string | undefined {
  const wanted = [auth, 'digital signature', 'key encipherment'].sort();
  const asked = new Set(usages);
  const rest = wanted.filter((usage) => usage !== 'key encipherment');
  const fits = [...asked].every((usage) => wanted.includes(usage)) && rest.every((usage) => asked.has(usage));
  return fits ? undefined : `usages did not match [${wanted.join(' ')}]`;
}

export const hasCondition = ({ status }: CertificateSigningRequest, type: string): boolean =>
  status?.conditions?.some((condition) => condition.type === type) ?? false;
