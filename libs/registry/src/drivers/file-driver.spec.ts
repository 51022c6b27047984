import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverConformance } from '../conformance/driver-conformance.ts';
import { FileDriver } from './file-driver.ts';

it('puts back at the next start what a crash has left aside, and not over what came since', async () => {
  const root = await mkdtemp(join(tmpdir(), 'berth-driver-'));
  const driver = new FileDriver(root);
  for (const name of ['blobs/a', 'blobs/b']) await driver.put(`.aside/${name}`, 'old');
  await driver.put('blobs/b', 'new');
  await driver.open();
  expect((await driver.read('blobs/a'))?.toString()).toBe('old');
  expect((await driver.read('blobs/b'))?.toString()).toBe('new');
  expect(await driver.list('.aside/blobs')).toEqual([]);
  await rm(root, { recursive: true });
});

driverConformance('FileDriver', async () => {
  const root = await mkdtemp(join(tmpdir(), 'berth-driver-'));
  return { driver: new FileDriver(root), close: () => rm(root, { recursive: true }) };
});
