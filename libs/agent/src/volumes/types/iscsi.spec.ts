import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextTurn } from '#base';
import { create } from '#client';
import { resources } from '#objects';
import { pluginRig } from '../../conformance/volume-plugin.ts';
import { fakePrograms } from '../../testing/programs.ts';
import { iscsi } from './iscsi.ts';

const source = { targetPortal: '10.0.0.9', iqn: 'iqn.2026-01.example:disk', lun: 2 };

describe('an iSCSI disk', () => {
  const scripts: Record<string, string> = {
    iscsiadm:
      'case "$*" in *show) printf "iface.iscsi_ifacename = default\\niface.transport_name = tcp\\niface.hwaddress = <empty>\\n";; esac',
    mount: '',
    blkid: 'echo ext4',
    'mkfs.ext4': '',
  };
  const ran = fakePrograms(scripts);
  const rig = pluginRig({ plugin: iscsi, source: () => source });
  /** The disk is there once the clock goes on. */
  const appears = async (node: ReturnType<typeof rig>['node'], withinMs: number): Promise<void> => {
    while (node.clock.pending === 0) await nextTurn();
    mkdirSync(node.disksDir, { recursive: true });
    if (withinMs < 10_000) writeFileSync(join(node.disksDir, `ip-10.0.0.9:3260-iscsi-${source.iqn}-lun-2`), '');
    await node.clock.advance(withinMs);
  };

  it('is logged in to, mounted once for the node, and logged out of after the last pod', async () => {
    const { node, volume } = rig();
    await Promise.all([iscsi.setUp(volume, node), appears(node, 200)]);
    const disk = join(node.disksDir, `ip-10.0.0.9:3260-iscsi-${source.iqn}-lun-2`);
    const global = join(node.rootDir, 'plugins/kubernetes.io/iscsi/iface-default/10.0.0.9:3260-iqn.2026-01.example:disk-lun-2');
    expect(ran()).toEqual([
      'iscsiadm -m discoverydb -t sendtargets -p 10.0.0.9:3260 -I default --discover',
      `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} -I default -o update -n node.startup -v manual`,
      `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} -I default --login`,
      `blkid -p -s TYPE -o value ${disk}`,
      `mount -t ext4 -o rw ${disk} ${global}`,
    ]);
    await iscsi.tearDown(volume, node);
    expect(ran().slice(5)).toEqual([
      `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} --logout`,
      `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} -o delete`,
    ]);
  });

  it('is asked for with the names and passwords of its secret', async () => {
    const { node, volume } = rig();
    const text = (value: string): string => Buffer.from(value).toString('base64');
    const data = { 'node.session.auth.username': text('me'), 'node.session.auth.password': text('pw') };
    await create(node.api, resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: 'chap' }, data });
    const working = iscsi.setUp({ ...volume, source: { ...source, chapAuthSession: true, secretRef: { name: 'chap' } } }, node);
    await Promise.all([expect(working).rejects.toThrow('Could not attach disk: Timeout after 10s'), appears(node, 20_000)]);
    const auth = `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} -I default -o update -n node.session.auth`;
    expect(ran().filter((line) => line.includes('.auth'))).toEqual([
      `${auth}.authmethod -v CHAP`,
      `${auth}.username -v me`,
      `${auth}.password -v pw`,
    ]);
  });

  it('is asked for by the name that the node has for it', async () => {
    const { node, volume } = rig();
    await Promise.all([
      iscsi.setUp({ ...volume, source: { ...source, initiatorName: 'iqn.2026-01.example:node' } }, node),
      appears(node, 200),
    ]);
    const own = '10.0.0.9:3260:v';
    expect(ran().slice(0, 6)).toEqual([
      'iscsiadm -m iface -I default -o show',
      `iscsiadm -m iface -I ${own} -o new`,
      `iscsiadm -m iface -I ${own} -o update -n iface.transport_name -v tcp`,
      `iscsiadm -m iface -I ${own} -o update -n iface.initiatorname -v iqn.2026-01.example:node`,
      `iscsiadm -m discoverydb -t sendtargets -p 10.0.0.9:3260 -I ${own} --discover`,
      `iscsiadm -m node -p 10.0.0.9:3260 -T ${source.iqn} -I ${own} -o update -n node.startup -v manual`,
    ]);
    await iscsi.tearDown(volume, node);
    expect(ran().at(-1)).toBe(`iscsiadm -m iface -I ${own} -o delete`);
  });

  it('cannot be had where iscsiadm is not installed', async () => {
    process.env['PATH'] = '/nowhere';
    const { node, volume } = rig();
    await expect(iscsi.setUp(volume, node)).rejects.toThrow('"iscsiadm" is not installed on the node, install open-iscsi');
  });
});
