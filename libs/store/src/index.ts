export * from './contract.ts';
export { type KeyParts, keyOf, keyPrefix, parseKey, resourceKey } from './keys.ts';
export { MAX_VALUE_BYTES } from './limits.ts';
export { MemoryStore } from './memory/memory-store.ts';
export { connectStore, type ConnectStoreOptions } from './redis/connect-store.ts';
export { createSealing, type SealKey, sealedStore, type Sealing } from './sealing.ts';
export type * from './watch-cache/contract.ts';
export { selectEvent } from './watch-cache/select-event.ts';
export { createWatchCache, type WatchCacheOptions } from './watch-cache/watch-cache.ts';
