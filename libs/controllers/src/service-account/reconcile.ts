import type { Namespace, ServiceAccount } from '#api/types';
import type { Plan } from '#controller-runtime/contract';

/** `account`: the namespace's `default` one, if there is any. */
export interface Seen {
  namespace: Namespace;
  account?: ServiceAccount;
}

/** Creates it. Losing the race to somebody else's create is as good. */
export interface Action {
  do: 'create';
  account: ServiceAccount;
}

/** Every namespace has an account `default`, whose identity pods get that name none. */
export function reconcile({ namespace, account }: Seen): Plan<Action> {
  if (account || namespace.metadata.deletionTimestamp) return { actions: [] };
  const metadata = { namespace: namespace.metadata.name, name: 'default' };
  return { actions: [{ do: 'create', account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } }] };
}
