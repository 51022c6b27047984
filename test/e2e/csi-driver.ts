import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TestCsiDriver } from '#agent/testing';
import { mustRun, runCommand } from '#base';

/*
 * A CSI driver for tests, which runs on a node as others do: it makes itself known below /var/lib/kubelet, and a volume is a directory of
 * `--data` with the handle's name, bound to where it is wanted. `--log` has a line for each call.
 */
const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'test.csi.berth.io' },
    data: { type: 'string', default: '' },
    log: { type: 'string', default: '' },
  },
});
const kubelet = '/var/lib/kubelet';

const place = (handle: string): string => {
  const path = join(values.data, handle);
  mkdirSync(path, { recursive: true, mode: 0o777 });
  return path;
};
const note = (line: string): void => writeFileSync(values.log, `${line}\n`, { flag: 'a' });
const isMounted = async (path: string): Promise<boolean> => (await runCommand(['mountpoint', '-q', path])).code === 0;

async function bind(source: string, target: string, readonly = false): Promise<void> {
  mkdirSync(target, { recursive: true });
  if (await isMounted(target)) return;
  await mustRun(['mount', '--bind', source, target]);
  if (readonly) await mustRun(['mount', '-o', 'remount,bind,ro', target]);
}

async function unbind(target: string): Promise<void> {
  while (await isMounted(target)) await mustRun(['umount', target]);
}

const driver = new TestCsiDriver({
  name: values.name,
  socket: join(kubelet, 'plugins', values.name, 'csi.sock'),
  registry: join(kubelet, 'plugins_registry'),
  nodeId: 'test-node',
  capabilities: ['STAGE_UNSTAGE_VOLUME', 'EXPAND_VOLUME', 'GET_VOLUME_STATS'],
  topology: { [`${values.name}/node`]: 'here' },
  maxVolumes: 10,
  acts: {
    stage: async ({ volumeId, stagingTargetPath }) => {
      note(`stage ${volumeId}`);
      await bind(place(volumeId), stagingTargetPath);
    },
    unstage: async ({ volumeId, stagingTargetPath }) => {
      note(`unstage ${volumeId}`);
      await unbind(stagingTargetPath);
    },
    publish: async ({ volumeId, stagingTargetPath, targetPath, readonly, volumeContext }) => {
      note(`publish ${volumeId} ${JSON.stringify(volumeContext)}`);
      await bind(stagingTargetPath || place(volumeId), targetPath, readonly);
    },
    unpublish: async ({ volumeId, targetPath }) => {
      note(`unpublish ${volumeId}`);
      await unbind(targetPath);
      try {
        rmdirSync(targetPath);
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
      }
    },
    expand: ({ volumeId, capacityRange }) => note(`expand ${volumeId} ${capacityRange?.requiredBytes}`),
  },
});
await driver.start();
process.on('SIGTERM', () => {
  driver.stop();
  process.exit(0);
});
