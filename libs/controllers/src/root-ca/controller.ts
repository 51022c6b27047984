import type { ConfigMap, Namespace } from '#api/types';
import { update } from '#client';
import type { Controller } from '#controller-runtime/contract';
import { resources } from '#objects';
import { createOnce } from '../status.ts';
import { type Action, configMapName, reconcile, type Seen } from './reconcile.ts';

const fieldSelector = `metadata.name=${configMapName}`;

/** `rootCa`: the PEM that clients verify the api-server with. It is fixed for the life of the process. */
export function rootCaController(rootCa: string): Controller<Seen, Action> {
  return {
    name: 'root-ca-certificate-publisher-controller',
    queueName: 'root_ca_cert_publisher',
    primary: resources.namespaces,
    watches: [
      {
        resource: resources.configMaps,
        fieldSelector,
        enqueue: ({ metadata }) => [{ namespace: '', name: metadata.namespace ?? '' }],
      },
    ],
    observe({ name }, caches) {
      const namespace = caches.informer<Namespace>({ resource: resources.namespaces }).get('', name);
      const configMaps = caches.informer<ConfigMap>({ resource: resources.configMaps, fieldSelector });
      return namespace && { namespace, configMap: configMaps.get(name, configMapName), rootCa };
    },
    reconcile,
    act: {
      create: ({ configMap }, io) => createOnce(io.api, resources.configMaps, configMap),
      update: async ({ configMap }, io) => {
        await update(io.api, resources.configMaps, configMap);
      },
    },
  };
}
