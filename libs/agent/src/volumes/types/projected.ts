import type { Pod, ServiceAccountTokenProjection, VolumeProjection } from '#api/types';
import { downwardPayload, mergePayloads } from '../payload-plan.ts';
import { type Contents, DEFAULT_MODE, payloadVolume } from '../payload-volume.ts';
import type { VolumeNode } from '../volume-plugin.ts';
import { configMapPayload } from './config-map.ts';
import { secretPayload } from './secret.ts';

/** Kubernetes, "Projected Volumes": several sources in one directory. */
export const projected = payloadVolume({
  type: 'projected',
  refusal: ({ sources = [] }) => {
    if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle))
      return 'ClusterTrustBundle projection is not supported in this cluster';
    return sources.every(isServed) ? undefined : 'unknown projection';
  },
  contents: async ({ pod, source: { sources = [], defaultMode = DEFAULT_MODE } }, node) => {
    const parts = await Promise.all(sources.map((source) => contentsOf(source, { pod, mode: defaultMode, node })));
    const renewals = parts.flatMap(({ renewAtMs }) => renewAtMs ?? []);
    return {
      payload: mergePayloads(parts.map(({ payload }) => payload)),
      ...(renewals.length > 0 && { renewAtMs: Math.min(...renewals) }),
    };
  },
});

const isServed = ({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): boolean =>
  Boolean(configMap ?? secret ?? downwardAPI ?? serviceAccountToken);

interface ProjectionInput {
  pod: Pod;
  mode: number;
  node: VolumeNode;
}

async function contentsOf(source: VolumeProjection, input: ProjectionInput): Promise<Contents> {
  const { pod, mode, node } = input;
  if (source.configMap) return { payload: await configMapPayload(source.configMap, mode, node) };
  if (source.secret) return { payload: await secretPayload(source.secret, mode, node) };
  if (source.downwardAPI) return { payload: downwardPayload(pod, source.downwardAPI.items, { mode, facts: node.facts() }) };
  return tokenContents(source.serviceAccountToken!, input);
}

async function tokenContents(projection: ServiceAccountTokenProjection, { pod, mode, node }: ProjectionInput): Promise<Contents> {
  const { token, renewAtMs } = await node.tokens.get(pod, projection);
  return { payload: new Map([[projection.path, { content: Buffer.from(token), mode: tokenMode(pod, mode) }]]), renewAtMs };
}

/**
 * KEP-542: 0600 where it stays readable, i.e. for pods whose group owns the volume; else the default mode, readable by whoever the
 * containers run as (kubelet's rule).
 */
function tokenMode(pod: Pod, mode: number): number {
  return pod.spec.securityContext?.fsGroup === undefined ? mode : 0o600;
}
