import type { Service } from '#api/types';

/** No address of its own: DNS answers with those of the pods. */
export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIPs?.[0] === 'None' && spec.clusterIPs.length === 1;

/** Traffic from outside the cluster has a way in. */
export const isExternal = ({ spec }: Service): boolean =>
  spec?.type === 'LoadBalancer' || spec?.type === 'NodePort' || (spec?.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);

/** The load balancer asks each node whether it has endpoints. */
export const needsHealthCheck = ({ spec }: Service): boolean => spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** Every type but ExternalName has addresses. */
export const hasClusterIps = ({ spec }: Service): boolean => spec?.type !== 'ExternalName';

/** A load balancer that reaches pods by itself can do without (KEP-1864). */
export const needsNodePorts = ({ spec }: Service): boolean =>
  spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
