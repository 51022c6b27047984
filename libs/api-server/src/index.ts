export { createKindCatalog } from './catalog/kind-catalog.ts';
export * from './contract.ts';
export { type GrpcDependencies, GrpcModule, GrpcServerStrategy } from './grpc/index.ts';
export { type HttpsServer, serveHttps } from './http/serve-chain.ts';
export { ApiServer, type ServerOptions } from './server.ts';
export { forbiddenBy } from './errors/refusal.ts';
export {
  Channel,
  drain,
  type Frame,
  type Nodes,
  type NodeServicesOf,
  type NodeSessions,
  type NodeStream,
  statusIn,
  type StreamRequest,
} from './nodes/index.ts';
export { bearerToken, listOf, tokenProtocol } from './request/bearer-token.ts';
export { type ProxyTarget, proxyTarget } from './rest/proxy-target.ts';
export { agreedProtocol, transportOf } from './streams/negotiation.ts';
export { acceptSpdy, refuseUpgrade, switchProtocols } from './streams/raw-answer.ts';
export { type Accepted, acceptWebSocket, listen, send } from './streams/websocket.ts';
