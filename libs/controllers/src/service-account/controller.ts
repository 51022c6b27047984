import type { Namespace, ServiceAccount } from '#api/types';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { createOnce } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const fieldSelector = 'metadata.name=default';

export const serviceAccountController: Controller<Seen, Action> = {
  name: 'service-account-controller',
  queueName: 'serviceaccount',
  primary: resources.namespaces,
  watches: [
    {
      resource: resources.serviceAccounts,
      fieldSelector,
      enqueue: ({ metadata }) => [{ namespace: '', name: metadata.namespace ?? '' }],
    },
  ],
  observe({ name }, caches) {
    const namespace = caches.informer<Namespace>({ resource: resources.namespaces }).get('', name);
    const accounts = caches.informer<ServiceAccount>({ resource: resources.serviceAccounts, fieldSelector });
    return namespace && { namespace, account: accounts.get(name, 'default') };
  },
  reconcile,
  act: { create: ({ account }, io) => createOnce(io.api, resources.serviceAccounts, account) },
};
