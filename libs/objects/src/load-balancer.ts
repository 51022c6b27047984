import type { Service } from '#api/types';

/** The class of services that get an address of the cluster's own pool; so do those that name none. */
export const nodeNetworkClass = 'berth.dev/node-network';

/** A LoadBalancer service of this class, or of none: others are for whoever serves their class (KEP-1959). */
export const usesNodeNetwork = ({ spec }: Service): boolean =>
  spec.type === 'LoadBalancer' && (spec.loadBalancerClass === undefined || spec.loadBalancerClass === nodeNetworkClass);
