import { ApiError } from '#api';
import type { CSIDriver, Pod, Secret, SecretReference } from '#api/types';
import { resources } from '#objects';
import type { csi } from '#proto';
import type { HostNode, VolumeNode } from '../volumes/volume-plugin.ts';
import type { VolumeRecord } from '../volumes/volume-record.ts';

/** What is put into calls of drivers, from what the API has. */

/** How a driver wants to be treated; undefined: nobody has said. */
export async function driverObject(name: string, { api }: HostNode): Promise<CSIDriver | undefined> {
  try {
    return await api.get<CSIDriver>({ resource: resources.csiDrivers, name });
  } catch (err) {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw err;
  }
}

type Mode = keyof typeof csi.VolumeCapability_AccessMode_Mode;

/** Upstream's mapping: only a driver that says so can tell one writing pod from several on a node (KEP-2485). */
export function accessModeOf(mode: string | undefined, tellsWriters: boolean): Mode {
  switch (mode) {
    case 'ReadOnlyMany':
      return 'MULTI_NODE_READER_ONLY';
    case 'ReadWriteMany':
      return 'MULTI_NODE_MULTI_WRITER';
    case 'ReadWriteOncePod':
      return tellsWriters ? 'SINGLE_NODE_SINGLE_WRITER' : 'SINGLE_NODE_WRITER';
    default:
      return tellsWriters ? 'SINGLE_NODE_MULTI_WRITER' : 'SINGLE_NODE_WRITER';
  }
}

/** KEP-1682: without a policy, for volumes with a file system of their own that one node writes. */
export function fsGroupIsGiven({ source, accessModes }: VolumeRecord<'csi'>, object: CSIDriver | undefined): boolean {
  const policy = object?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType';
  if (policy !== 'ReadWriteOnceWithFSType') return policy === 'File';
  return Boolean(source.fsType) && accessModes.some((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
}

/** `podInfoOnMount`. */
export function podContext(
  { metadata, spec }: Pod,
  { source }: VolumeRecord<'csi'>,
  object: CSIDriver | undefined,
): Record<string, string> {
  if (!object?.spec.podInfoOnMount) return {};
  return {
    'csi.storage.k8s.io/pod.name': metadata.name ?? '',
    'csi.storage.k8s.io/pod.namespace': metadata.namespace ?? '',
    'csi.storage.k8s.io/pod.uid': metadata.uid ?? '',
    'csi.storage.k8s.io/serviceAccount.name': spec.serviceAccountName ?? '',
    'csi.storage.k8s.io/ephemeral': String(source.isInline),
  };
}

/** `tokenRequests` (KEP-2047): tokens by audience as one JSON text, and when they have to be asked for anew. */
export async function tokenContext(
  pod: Pod,
  object: CSIDriver | undefined,
  { tokens }: Pick<VolumeNode, 'tokens'>,
): Promise<{ tokens: Record<string, string>; renewAtMs?: number }> {
  const requests = object?.spec.tokenRequests ?? [];
  if (requests.length === 0) return { tokens: {} };
  const given = await Promise.all(
    requests.map(async ({ audience, expirationSeconds }) => ({
      audience,
      ...(await tokens.get(pod, { ...(audience && { audience }), ...(expirationSeconds && { expirationSeconds }) })),
    })),
  );
  const byAudience = given.map(({ audience, token, expiresAtMs }) => [audience, { token, expirationTimestamp: secondsOf(expiresAtMs) }]);
  return {
    tokens: { 'csi.storage.k8s.io/serviceAccount.tokens': JSON.stringify(Object.fromEntries(byAudience)) },
    renewAtMs: Math.min(...given.map(({ renewAtMs }) => renewAtMs)),
  };
}

const secondsOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** As texts, for the driver alone. */
export async function secretData(ref: SecretReference | undefined, { api }: HostNode): Promise<Record<string, string>> {
  if (!ref?.name) return {};
  const { namespace = '', name } = ref;
  try {
    const secret = await api.get<Secret>({ resource: resources.secrets, namespace, name });
    return Object.fromEntries(
      Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()]),
    );
  } catch (err) {
    throw new Error(`fetching secret ${namespace}/${name} failed: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
  }
}
