import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CSIDriver, PersistentVolume, Pod } from '#api/types';
import { systemClock } from '#base';
import { create } from '#client';
import { resources } from '#objects';
import { csiClient } from '../csi/csi-client.ts';
import { capabilitiesOf } from '../csi/csi-drivers.ts';
import { PodPaths } from '../pod-paths.ts';
import type { PodVolume } from '../volumes/volume-plugin.ts';
import { claim, volume } from './claimed.ts';
import { type CsiDriverOptions, TestCsiDriver } from './csi-driver.ts';
import { pod as podOf } from './pod-builder.ts';
import { fakeVolumeNode } from './volume-node.ts';

const name = 'd.example.com';

/** A node with one driver, which makes directories instead of mounts. Taken away after each test. */
export function csiRig() {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0).toReversed()) end();
  });
  return async ({ driver: options = {}, object }: { driver?: Partial<CsiDriverOptions>; object?: CSIDriver['spec'] } = {}) => {
    const rootDir = mkdtempSync(join(tmpdir(), 'csi-'));
    ends.push(() => rmSync(rootDir, { recursive: true, force: true }));
    const node = fakeVolumeNode({ rootDir });
    const socket = join(rootDir, 'csi.sock');
    const here = (path: string): string => node.csi.paths.owned(path);
    const driver = new TestCsiDriver({
      name,
      socket,
      registry: rootDir,
      acts: {
        publish: ({ targetPath, volumeCapability }) => {
          if (volumeCapability?.accessType?.$case === 'block') writeFileSync(here(targetPath), '');
          else mkdirSync(here(targetPath), { recursive: true });
        },
        unpublish: ({ targetPath }) => rmSync(here(targetPath), { recursive: true, force: true }),
      },
      ...options,
    });
    await driver.start();
    ends.push(() => {
      node.csi.close();
      driver.stop();
    });
    const register = async (): Promise<void> => {
      const client = csiClient(socket, systemClock);
      const capabilities = capabilitiesOf(await client.nodeGetCapabilities({}));
      node.csi.add({ name, client, nodeId: 'node-1', capabilities, maxVolumes: 0, topology: {} });
    };
    await register();
    if (object) {
      const made: CSIDriver = { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name }, spec: object };
      await create(node.api, resources.csiDrivers, made);
    }
    return { node, driver, here, register, forget: () => node.csi.remove(name), rootDir };
  };
}

/** A claim `data` with a volume of that driver, and the volume `v` of a pod that has it. */
export async function csiClaim(
  { node, rootDir }: { node: ReturnType<typeof fakeVolumeNode>; rootDir: string },
  spec: Partial<PersistentVolume['spec']> = {},
): Promise<(pod?: Pod) => PodVolume<'persistentVolumeClaim'>> {
  const made = await create(node.api, resources.persistentVolumeClaims, claim());
  const csi = { driver: name, volumeHandle: 'h1', ...spec.csi };
  await create(
    node.api,
    resources.persistentVolumes,
    volume({ ...spec, csi, claimRef: { namespace: 'default', name: 'data', uid: made.metadata.uid } }),
  );
  return (pod = podOf()) => {
    const paths = new PodPaths(rootDir, pod.metadata.uid!);
    return { pod, name: 'v', source: { claimName: 'data' }, directory: paths.volume('v'), recordFile: paths.volumeRecord('v') };
  };
}
