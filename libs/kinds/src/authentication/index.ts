import type { KindDefinition } from '../contract.ts';
import { listed } from '../rules/listed.ts';
import { selfSubjectReview } from './self-subject-review/kind.ts';
import { tokenReview } from './token-review/kind.ts';

/** authentication.k8s.io */
export const authenticationKinds: readonly KindDefinition[] = [listed(selfSubjectReview), listed(tokenReview)];
