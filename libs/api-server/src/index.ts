export * from './contract.ts';
export { type ApiServer, createApiServer, type ServerOptions } from './server.ts';
