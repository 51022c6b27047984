import type { Secret } from '#api/types';
import { remove } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { bootstrapTokens, resources } from '#objects';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const fieldSelector = `type=${bootstrapTokens.type}`;

/** Takes bootstrap tokens away when they are over. */
export const tokenCleanerController: Controller<Seen, Action> = {
  name: 'token-cleaner-controller',
  queueName: 'token_cleaner',
  watches: [
    {
      resource: resources.secrets,
      fieldSelector,
      enqueue: ({ metadata: { namespace = '', name = '' } }) => (namespace === bootstrapTokens.namespace ? [{ namespace, name }] : []),
    },
  ],
  observe: ({ namespace, name }, caches) => caches.informer<Secret>({ resource: resources.secrets, fieldSelector }).get(namespace, name),
  reconcile,
  act: {
    // Bound to what was seen: whoever made it longer meanwhile is heard.
    delete: ({ secret: { metadata } }, { api }) => {
      const { namespace, name = '', uid, resourceVersion } = metadata;
      return remove(api, { resource: resources.secrets, namespace, name }, { preconditions: { uid, resourceVersion } });
    },
  },
};
