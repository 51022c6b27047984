export * from './contract.ts';
export { type KeyParts, keyOf, keyPrefix, parseKey, resourceKey } from './keys.ts';
export type * from './watch-cache/contract.ts';
export { selectEvent } from './watch-cache/select-event.ts';
