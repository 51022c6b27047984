export { type Access, passwordForAll, PasswordForWrites } from './authentication/access.ts';
export { Htpasswd } from './authentication/htpasswd.ts';
export { type BlobDigest, type Descriptor, type GarbageReport, RegistryError, type RegistryErrorCode } from './contract.ts';
export { FileDriver } from './drivers/file-driver.ts';
export { RegistryMetrics } from './metrics.ts';
export { OciRegistry, type RegistryOptions } from './registry.ts';
export { collectInIntervals } from './scheduled-garbage.ts';
export { RegistryHttp } from './registry.http.ts';
