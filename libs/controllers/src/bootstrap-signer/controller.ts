import type { ConfigMap, Secret } from '#api/types';
import { update } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { bootstrapTokens, clusterInfo as place, resources } from '#objects';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const ofClusterInfo = `metadata.name=${place.name}`;
const ofTokens = `type=${bootstrapTokens.type}`;

/** Signs where the cluster is with each bootstrap token, so that who joins with one need not trust whoever answers. */
export const bootstrapSignerController: Controller<Seen, Action> = {
  name: 'bootstrap-signer-controller',
  queueName: 'bootstrap_signer_queue',
  watches: [
    { resource: resources.configMaps, fieldSelector: ofClusterInfo, enqueue: () => [place] },
    { resource: resources.secrets, fieldSelector: ofTokens, enqueue: () => [place] },
  ],
  observe({ namespace, name }, caches) {
    const clusterInfo = caches.informer<ConfigMap>({ resource: resources.configMaps, fieldSelector: ofClusterInfo }).get(namespace, name);
    const secrets = caches.informer<Secret>({ resource: resources.secrets, fieldSelector: ofTokens });
    return clusterInfo && { clusterInfo, tokens: secrets.list(bootstrapTokens.namespace) };
  },
  reconcile,
  act: {
    async update({ clusterInfo }, { api }) {
      await update(api, resources.configMaps, clusterInfo);
    },
  },
};
