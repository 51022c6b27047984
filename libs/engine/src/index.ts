export { endpoints } from './endpoints/index.ts';
export { Engine, type EngineOptions } from './engine.ts';
export { EngineServer } from './http/engine-server.ts';
export type { NodeLinks } from './networks/node-links.ts';
