import { lookUp } from '#base';
import type { ConfigMap, Secret } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { bootstrapTokenOf, hasExpired } from '#objects';
import { detachedSignature } from '#pki';

export interface Seen {
  /** `kube-public/cluster-info`: where the cluster is, for who joins it. */
  clusterInfo: ConfigMap;
  tokens: readonly Secret[];
}

export type Action = { do: 'update'; clusterInfo: ConfigMap };

const prefix = 'jws-kubeconfig-';

/** One signature of the kubeconfig for each token that signs, and no other. `pkg/controller/bootstrap`, bootstrapsigner.go. */
export function reconcile({ clusterInfo, tokens }: Seen, now: Date): Plan<Action> {
  const data = clusterInfo.data ?? {};
  const { kubeconfig } = data;
  if (kubeconfig === undefined) return { actions: [] };
  const signing = tokens.flatMap((secret) => bootstrapTokenOf(secret) ?? []).filter((token) => token.forSigning && !hasExpired(token, now));
  const signatures = signing.map((token) => [prefix + token.id, detachedSignature(kubeconfig, token)] as const);
  const kept = Object.entries(data).filter(([key]) => !key.startsWith(prefix));
  const signed = Object.fromEntries([...kept, ...signatures]);
  const isSame = Object.keys(signed).length === Object.keys(data).length && signatures.every(([key, value]) => lookUp(data, key) === value);
  return { actions: isSame ? [] : [{ do: 'update', clusterInfo: { ...clusterInfo, data: signed } }] };
}
