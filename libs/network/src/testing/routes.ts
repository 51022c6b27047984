import type { RouteEndpoint, ServiceRoute } from '../contract.ts';

/** A service route for specs: `route('default/web', { … })`. */
export function route(service: string, more: Partial<ServiceRoute> = {}): ServiceRoute {
  return {
    service,
    portName: 'http',
    protocol: 'TCP',
    clusterIps: ['10.96.0.20'],
    externalIps: [],
    port: 80,
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    endpoints: [],
    ...more,
  };
}

/** `10.244.1.2:8080` or `[fd00::2]:8080` on this node, `10.244.2.2:8080 away` on another, `10.244.1.2:8080 last` on this node and terminating. */
export function endpoint(text: string): RouteEndpoint {
  const [address = '', place] = text.split(' ');
  const [, ip = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { ip, port: Number(port), local: place === undefined || place === 'last', ...(place === 'last' && { terminating: true }) };
}
