import type { KindDefinition } from '../contract.ts';
import { listed } from '../rules/listed.ts';
import { localSubjectAccessReview } from './local-subject-access-review/kind.ts';
import { selfSubjectAccessReview } from './self-subject-access-review/kind.ts';
import { selfSubjectRulesReview } from './self-subject-rules-review/kind.ts';
import { subjectAccessReview } from './subject-access-review/kind.ts';

/** authorization.k8s.io */
export const authorizationKinds: readonly KindDefinition[] = [
  listed(localSubjectAccessReview),
  listed(selfSubjectAccessReview),
  listed(selfSubjectRulesReview),
  listed(subjectAccessReview),
];
