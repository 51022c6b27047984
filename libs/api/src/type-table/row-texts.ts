import { admissionV1 } from './rows/admission.v1.ts';
import { admissionregistrationV1 } from './rows/admissionregistration.v1.ts';
import { appsV1 } from './rows/apps.v1.ts';
import { authenticationV1 } from './rows/authentication.v1.ts';
import { authorizationV1 } from './rows/authorization.v1.ts';
import { autoscalingV1 } from './rows/autoscaling.v1.ts';
import { autoscalingV2 } from './rows/autoscaling.v2.ts';
import { batchV1 } from './rows/batch.v1.ts';
import { certificatesV1 } from './rows/certificates.v1.ts';
import { coordinationV1 } from './rows/coordination.v1.ts';
import { coreV1 } from './rows/core.v1.ts';
import { discoveryV1 } from './rows/discovery.v1.ts';
import { eventsV1 } from './rows/events.v1.ts';
import { flowcontrolV1 } from './rows/flowcontrol.v1.ts';
import { metaV1 } from './rows/meta.v1.ts';
import { networkingV1 } from './rows/networking.v1.ts';
import { nodeV1 } from './rows/node.v1.ts';
import { policyV1 } from './rows/policy.v1.ts';
import { rbacV1 } from './rows/rbac.v1.ts';
import { resourceV1 } from './rows/resource.v1.ts';
import { schedulingV1 } from './rows/scheduling.v1.ts';
import { storageV1 } from './rows/storage.v1.ts';

/** The rows by the name that rows refer to a package with. */
export const rowTexts: Readonly<Record<string, string>> = {
  'core.v1': coreV1,
  'apps.v1': appsV1,
  'batch.v1': batchV1,
  'rbac.v1': rbacV1,
  'admission.v1': admissionV1,
  'admissionregistration.v1': admissionregistrationV1,
  'authentication.v1': authenticationV1,
  'authorization.v1': authorizationV1,
  'autoscaling.v1': autoscalingV1,
  'autoscaling.v2': autoscalingV2,
  'certificates.v1': certificatesV1,
  'coordination.v1': coordinationV1,
  'discovery.v1': discoveryV1,
  'events.v1': eventsV1,
  'flowcontrol.v1': flowcontrolV1,
  'meta.v1': metaV1,
  'networking.v1': networkingV1,
  'node.v1': nodeV1,
  'policy.v1': policyV1,
  'resource.v1': resourceV1,
  'scheduling.v1': schedulingV1,
  'storage.v1': storageV1,
};
