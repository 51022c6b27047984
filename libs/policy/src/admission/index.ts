import type { AdmissionPlugin } from '#api-server/contract';
import { type Clock, type Random, systemRandom } from '#base';
import type { ClusterAuthorizer } from '../authorization/index.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { claimResize } from './claim-resize.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { defaultPodSecurity, type PodSecurityConfiguration } from './pod-security/configuration.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { roleEscalation } from './role-escalation.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { storageProtection } from './storage-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

/** What plugins are made of. `random` makes the names of service-account volumes; a seeded one repeats them. */
export interface AdmissionParts {
  authorizer: ClusterAuthorizer;
  clock: Clock;
  random?: Random;
  podSecurity?: PodSecurityConfiguration;
}

export { parsePodSecurity, type PodSecurityConfiguration } from './pod-security/configuration.ts';

/** Every plugin, in upstream's order (`AllOrderedPlugins`). */
export function admissionPlugins({
  authorizer,
  clock,
  random = systemRandom,
  podSecurity: configuration = defaultPodSecurity,
}: AdmissionParts): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount({ clock, random }),
    nodeRestriction,
    taintNodesByCondition,
    podSecurity(configuration),
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageProtection,
    claimResize,
    roleEscalation(authorizer),
    runtimeClass,
    certificateApproval,
    certificateSigning,
    certificateSubjectRestriction,
    defaultIngressClass,
    // Last, as upstream: what another plugin refuses is not charged.
    resourceQuota,
  ];
}
