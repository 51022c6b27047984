import { join } from 'node:path';
import { systemClock } from '#base';
import { FileDriver, openBucket, S3Driver, type StorageDriver } from '#registry';
import type { RegistryConfig } from './config.ts';

/** Where blobs, manifests and tags are kept. */
export async function storageOf({ rootDir, s3 }: RegistryConfig): Promise<StorageDriver> {
  if (!s3) return new FileDriver(rootDir);
  return new S3Driver(await openBucket(s3.bucket, systemClock), new FileDriver(join(rootDir, 'staging')), s3.prefix);
}
