import { storeConformance } from '../conformance/store-conformance.ts';
import { MemoryStore } from './memory-store.ts';

storeConformance('MemoryStore', async (options) => new MemoryStore(options));
