export { createLogger, type Logger, silentLogger } from './log.ts';
export { type Authorize, type OpsRequest, type OpsServerOptions, serveOps } from './ops-server.ts';
export { createRegistry } from './process-metrics.ts';
export { onShutdown } from './shutdown.ts';
