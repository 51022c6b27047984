import type { Secret, ServiceAccount } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { tokenSecret } from '#objects';

/** One account, or its absence, and all Secrets that claim to hold a token of it. */
export interface Seen {
  account?: ServiceAccount;
  /** Those of type `kubernetes.io/service-account-token` that name the account. */
  secrets: readonly Secret[];
  /** Base64 of the PEM that the api-server is verified with. */
  rootCa: string;
}

export type Action =
  /** `account`: whom to sign a token for; undefined when the Secret has one. */
  | { do: 'fill'; secret: Secret; account?: { name: string; uid: string } }
  /** The account that it was made for is gone. */
  | { do: 'delete'; secret: Secret };

const { nameAnnotation, uidAnnotation } = tokenSecret;

/** `pkg/controller/serviceaccount`, tokens_controller.go: such a Secret lives and dies with its account, and holds what its clients need. */
export function reconcile({ account, secrets, rootCa }: Seen): Plan<Action> {
  return {
    actions: secrets.flatMap((secret): Action[] => {
      if (secret.metadata.deletionTimestamp) return [];
      const uid = secret.metadata.annotations?.[uidAnnotation];
      if (!account || (uid && uid !== account.metadata.uid)) return [{ do: 'delete', secret }];
      return fill(secret, account, rootCa);
    }),
  };
}

function fill(secret: Secret, { metadata: { name = '', uid = '' } }: ServiceAccount, rootCa: string): Action[] {
  const { annotations, namespace = '' } = secret.metadata;
  const data = secret.data ?? {};
  const whole = data['ca.crt'] === rootCa && data['namespace'] && data['token'] && annotations?.[uidAnnotation] === uid;
  if (whole) return [];
  const filled: Secret = {
    ...secret,
    metadata: { ...secret.metadata, annotations: { ...annotations, [nameAnnotation]: name, [uidAnnotation]: uid } },
    data: { ...data, 'ca.crt': rootCa, namespace: data['namespace'] || btoa(namespace) },
  };
  return [{ do: 'fill', secret: filled, ...(!data['token'] && { account: { name, uid } }) }];
}
