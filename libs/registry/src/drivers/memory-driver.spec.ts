import { systemClock } from '#base';
import { driverConformance } from '../conformance/driver-conformance.ts';
import { MemoryDriver } from './memory-driver.ts';

driverConformance('MemoryDriver', async () => ({ driver: new MemoryDriver(systemClock), close: async () => undefined }));
