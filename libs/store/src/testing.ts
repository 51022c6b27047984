export { storeConformance, type StoreFactory } from './conformance/store-conformance.ts';
export { RedisServer } from './testing/redis-server.ts';
