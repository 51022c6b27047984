import { ApiError } from '#api';
import type { Secret, ServiceAccount } from '#api/types';
import { update } from '#client';
import type { Controller, Io } from '#controller-runtime/contract';
import { resources, tokenSecret } from '#objects';
import { signLegacyToken, type TokenKeys } from '#pki';
import { write } from '../status.ts';
import { type Action, reconcile, type Seen } from './reconcile.ts';

const { nameAnnotation, uidAnnotation } = tokenSecret;
const fieldSelector = `type=${tokenSecret.type}`;

/** Fills the Secrets that are made for tokens without end, and takes them away with their accounts. */
export function tokenSecretsController({ rootCa, keys }: { rootCa: string; keys: TokenKeys }): Controller<Seen, Action> {
  return {
    name: 'serviceaccount-token-controller',
    queueName: 'serviceaccount_tokens',
    primary: resources.serviceAccounts,
    watches: [
      {
        resource: resources.secrets,
        fieldSelector,
        enqueue: ({ metadata: { namespace = '', annotations } }) => {
          const name = annotations?.[nameAnnotation];
          return name ? [{ namespace, name }] : [];
        },
      },
    ],
    observe({ namespace, name }, caches) {
      const account = caches.informer<ServiceAccount>({ resource: resources.serviceAccounts }).get(namespace, name);
      const secrets = caches
        .informer<Secret>({ resource: resources.secrets, fieldSelector })
        .list(namespace)
        .filter(({ metadata }) => metadata.annotations?.[nameAnnotation] === name);
      return secrets.length > 0 ? { account, secrets, rootCa: Buffer.from(rootCa).toString('base64') } : undefined;
    },
    reconcile,
    act: {
      async fill({ secret, account }, io) {
        const { namespace = '', name = '' } = secret.metadata;
        const token = account && (await signLegacyToken(keys, { namespace, secret: name, account }));
        const data = { ...secret.data, ...(token && { token: Buffer.from(token).toString('base64') }) };
        await update(io.api, resources.secrets, { ...secret, data });
      },
      async delete({ secret }, io) {
        if (await isThere(secret, io)) return; // the cache is late: the account is about to show up in it
        const { namespace, name = '', uid, resourceVersion } = secret.metadata;
        const options = { preconditions: { uid, resourceVersion } };
        await write(io.api, { verb: 'delete', resource: resources.secrets, namespace, name, options });
      },
    },
  };
}

async function isThere({ metadata }: Secret, { api }: Io): Promise<boolean> {
  const { namespace = '', annotations = {} } = metadata;
  const uid = annotations[uidAnnotation];
  try {
    const account = await api.get({ resource: resources.serviceAccounts, namespace, name: annotations[nameAnnotation] ?? '' });
    return !uid || account.metadata.uid === uid;
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return false;
    throw err;
  }
}
