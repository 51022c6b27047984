import { badRequest, type KubeObject, serviceUnavailable } from '#api';
import type { EndpointSlice, Node, Pod, Service } from '#api/types';
import { gvks, serviceNameLabel } from '#objects';
import type { ConnectHandler, ConnectRequest } from '#api-server/contract';
import { proxyTarget, type ProxyTarget, type StreamRequest } from '#api-server';
import { nodeOf } from './containers.ts';
import type { StreamParts } from './dependencies.ts';
import { NodeSocket } from './node-socket.ts';
import { relay } from './proxy-relay.ts';

const kubeletPort = 10_250;

interface Reached {
  node: string;
  /** What it is called inside. */
  host: string;
  port: number;
  /** The port is the node's own, which wants to know its caller. */
  kubelet?: true;
  https?: true;
  open: StreamRequest;
}

/** pods/proxy, services/proxy and nodes/proxy: an HTTP request to a port behind a node's session. */
export const podProxy = (parts: StreamParts): ConnectHandler => proxy(parts, toPod);
/** Goes to a ready pod of the service directly, and not by its address, which exists on nodes only. */
export const serviceProxy = (parts: StreamParts): ConnectHandler => proxy(parts, toService);
/**
 * The node's own port unless another is named. To its own port it goes with a client certificate, by which the agent knows the api-server.
 */
export const nodeProxy = (parts: StreamParts): ConnectHandler => proxy(parts, toNode);

type Reach = (object: KubeObject, target: ProxyTarget, parts: StreamParts) => Reached;

function proxy(parts: StreamParts, reach: Reach): ConnectHandler {
  return async (request: ConnectRequest) => {
    const target = proxyTarget(request.name);
    if (!target) throw badRequest(`invalid ${request.resource.resource.replace(/s$/, '')} request ${JSON.stringify(request.name)}`);
    const { node, open, kubelet, host, port, ...always } = reach(request.object, target, parts);
    const { rest, method, rawQuery, upgrade, headers } = request;
    const path = request.path.replace(/^\/+/, '/'); // two would begin a host
    // Relative links of a page need it: kubernetes/kubernetes#4958.
    if (rest === '' && !upgrade && (method === 'GET' || method === 'HEAD')) {
      return { status: 301, headers: { location: `${path}/${rawQuery && `?${rawQuery}`}` }, body: Buffer.alloc(0) };
    }
    const socket = new NodeSocket(await parts.nodes.sessions.open(node, open, request.signal));
    const https = target.scheme === 'https' || always.https === true;
    const prefix = rest ? path.slice(0, -rest.length) : path;
    const place = { prefix, host: hostOf(headers), backend: namesOf(host, port) };
    return relay(request, socket, { https, client: kubelet && parts.kubeletClient, place });
  };
}

const hostOf = (headers: ConnectRequest['headers']): string => [headers[':authority'] ?? headers.host ?? ''].flat()[0] ?? '';

/** With its port, and without one that goes without saying. */
function namesOf(host: string, port: number): string[] {
  const name = host.includes(':') ? `[${host}]` : host;
  return [`${name}:${port}`, ...(port === 80 || port === 443 ? [name] : [])];
}

function toPod(object: KubeObject, target: ProxyTarget): Reached {
  const pod = object as Pod;
  const first = pod.spec.containers.flatMap(({ ports }) => ports ?? [])[0]?.containerPort;
  return podPort(pod, target.port ? numberOf(target.port) : (first ?? (target.scheme === 'https' ? 443 : 80)));
}

function podPort(pod: Pod, port: number): Reached {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  const host = pod.status?.podIP ?? '';
  // A stream to a pod leads to its loopback, which is the node's here, and nobody else's to reach.
  const open: StreamRequest = pod.spec.hostNetwork
    ? portOfNode(port)
    : { namespace, pod: name, podUid: uid, what: { $case: 'port', value: { port } } };
  return { node: nodeOf(pod), host, port, open };
}

/** One of the ready pods behind the service, whichever. */
function toService(object: KubeObject, target: ProxyTarget, { view, random }: StreamParts): Reached {
  const service = object as Service;
  const { namespace = '', name = '' } = service.metadata;
  const ports = service.spec?.ports ?? [];
  const port = target.port
    ? ports.find((each) => each.name === target.port || String(each.port) === target.port)
    : ports.length === 1
      ? ports[0]
      : undefined;
  if (!port) throw serviceUnavailable(`no service port ${JSON.stringify(target.port)} found for service ${JSON.stringify(name)}`);
  const candidates = view
    .list<EndpointSlice>(gvks.EndpointSlice, namespace)
    .filter((slice) => slice.metadata.labels?.[serviceNameLabel] === name)
    .flatMap((slice) => {
      const number = slice.ports?.find((each) => (each.name ?? '') === (port.name ?? ''))?.port;
      return (slice.endpoints ?? [])
        .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === 'Pod' && number)
        .flatMap(({ targetRef }) => view.get<Pod>(gvks.Pod, namespace, targetRef?.name ?? '') ?? [])
        .map((pod) => ({ pod, number: number ?? 0 }));
    })
    .filter(({ pod }) => pod.spec.nodeName);
  if (candidates.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const chosen = candidates[random.below(candidates.length)]!;
  return podPort(chosen.pod, chosen.number);
}

function toNode(object: KubeObject, target: ProxyTarget): Reached {
  const node = object as Node;
  const own = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? kubeletPort;
  const port = target.port ? numberOf(target.port) : own;
  const name = node.metadata.name ?? '';
  return {
    node: name,
    host: node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? name,
    port,
    open: portOfNode(port),
    https: true,
    ...(port === own && { kubelet: true }),
  };
}

const portOfNode = (port: number): StreamRequest => ({
  namespace: '',
  pod: '',
  podUid: '',
  what: { $case: 'nodeProxy', value: { port } },
});

function numberOf(port: string): number {
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65535) throw badRequest(`invalid port ${JSON.stringify(port)}`);
  return number;
}
