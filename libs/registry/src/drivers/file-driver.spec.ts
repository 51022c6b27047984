import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverConformance } from '../conformance/driver-conformance.ts';
import { FileDriver } from './file-driver.ts';

driverConformance('FileDriver', async () => {
  const root = await mkdtemp(join(tmpdir(), 'berth-driver-'));
  return { driver: new FileDriver(root), close: () => rm(root, { recursive: true }) };
});
