import { existsSync, realpathSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { secretData } from '../../csi/csi-requests.ts';
import { runProgram } from '../programs.ts';
import type { HostNode, VolumeNode } from '../volume-plugin.ts';
import { recordsOfNode, type SourceTypes, type VolumeRecord } from '../volume-record.ts';
import { bindPath, unbind } from './bind.ts';
import { formatAndMount } from './file-system.ts';
import type { LeftVolume, MountedVolume, SourcePlugin } from './source-plugin.ts';

type Iscsi = SourceTypes['iscsi'];

/** How long a disk may take to appear after the login, and how often it is looked for. */
const APPEARS_MS = 10_000;
const LOOK_MS = 200;

/** Kubernetes, "Volumes", "iscsi": a disk of a target, logged in to by the node's own iscsiadm(8), and mounted once for all pods. */
export const iscsiSource: SourcePlugin<'iscsi'> = {
  kind: 'iscsi',
  ownsFiles: async () => true,
  async setUp(volume, node) {
    const { record, directory } = volume;
    const device = await logIn(volume, node);
    if (record.mode === 'Block') return;
    const global = globalMount(record, node);
    const { fsType } = record.source;
    await formatAndMount(device, global, { fsType, options: record.mountOptions, readOnly: record.readOnly, node });
    bindPath(global, directory, node);
  },
  device: ({ record }, node) => deviceOf(record, node),
  async tearDown(volume, node) {
    const { record, directory } = volume;
    await unbind(directory, node);
    const others = recordsOfNode(node.rootDir).filter(
      (other): other is VolumeRecord<'iscsi'> => other.kind === 'iscsi' && other.pod.uid !== record.pod.uid,
    );
    const isSame = ({ source }: VolumeRecord<'iscsi'>): boolean => source.iqn === record.source.iqn && source.lun === record.source.lun;
    if (others.some(isSame)) return;
    await unbind(globalMount(record, node), node);
    if (others.some(({ source }) => source.iqn === record.source.iqn)) return; // another disk of the same session
    await logOut(volume);
  },
};

const portalOf = (portal: string): string => {
  if (isIPv6(portal)) return `[${portal}]:3260`;
  return /:\d+$/.test(portal) ? portal : `${portal}:3260`;
};

const portalsOf = ({ targetPortal, portals = [] }: Iscsi): string[] => [...new Set([targetPortal, ...portals].map(portalOf))];

const interfaceOf = ({ iscsiInterface }: Iscsi): string => iscsiInterface || 'default';

/** By udev's rule for disks of targets. */
const diskOf = ({ iqn, lun }: Iscsi, portal: string, { disksDir }: HostNode): string =>
  join(disksDir, `ip-${portal}-iscsi-${iqn}-lun-${lun}`);

function deviceOf({ source }: VolumeRecord<'iscsi'>, node: HostNode): string {
  const disk = portalsOf(source)
    .map((portal) => diskOf(source, portal, node))
    .find((path) => existsSync(path));
  if (!disk) throw new Error(`the disk of ${source.iqn} is not there`);
  return realpathSync(disk);
}

const globalMount = ({ source }: VolumeRecord<'iscsi'>, { rootDir }: HostNode): string =>
  join(
    rootDir,
    'plugins',
    'kubernetes.io',
    'iscsi',
    `iface-${interfaceOf(source)}`,
    `${portalOf(source.targetPortal)}-${source.iqn}-lun-${source.lun}`,
  );

/** The disk, through the first portal that leads to it. */
async function logIn({ record }: MountedVolume<'iscsi'>, node: VolumeNode): Promise<string> {
  const { source } = record;
  const secrets = source.secretRef ? await secretData(source.secretRef, node) : {};
  let failure: unknown = new Error('iscsi: no portal');
  for (const portal of portalsOf(source)) {
    try {
      if (!existsSync(diskOf(source, portal, node))) await openSession(source, { portal, iface: await ensureInterface(record), secrets });
      return await appearing(diskOf(source, portal, node), node);
    } catch (err) {
      failure = err;
    }
  }
  throw failure;
}

/** A name of its own for the node needs an interface of its own, which is else as the one that it is made from. */
async function ensureInterface({ source, volume }: VolumeRecord<'iscsi'>): Promise<string> {
  const base = interfaceOf(source);
  const own = ownInterface(source, volume);
  if (!own) return base;
  const shown = await runProgram(['iscsiadm', '-m', 'iface', '-I', base, '-o', 'show']);
  await runProgram(['iscsiadm', '-m', 'iface', '-I', own, '-o', 'new'], { mayExit: [15] }); // 15: it is there
  const settings = [...shown.matchAll(/^(iface\.\S+) = (.*)$/gm)].map(([, name = '', value = '']): [string, string] => [name, value]);
  const copied = settings.filter(
    ([name, value]) => value !== '<empty>' && !['iface.iscsi_ifacename', 'iface.initiatorname'].includes(name),
  );
  for (const [name, value] of [...copied, ['iface.initiatorname', source.initiatorName!]] as const) {
    await runProgram(['iscsiadm', '-m', 'iface', '-I', own, '-o', 'update', '-n', name, '-v', value]);
  }
  return own;
}

const ownInterface = (source: Iscsi, volume: string): string | undefined =>
  source.initiatorName && `${portalOf(source.targetPortal)}:${volume}`;

async function openSession(
  source: Iscsi,
  { portal, iface, secrets }: { portal: string; iface: string; secrets: Record<string, string> },
): Promise<void> {
  const discovery = ['iscsiadm', '-m', 'discoverydb', '-t', 'sendtargets', '-p', portal, '-I', iface] as const;
  const session = ['iscsiadm', '-m', 'node', '-p', portal, '-T', source.iqn, '-I', iface] as const;
  if (source.chapAuthDiscovery) {
    await runProgram([...discovery, '-o', 'new']);
    await authenticate(discovery, 'discovery.sendtargets.auth', secrets);
  }
  await runProgram([...discovery, '--discover']);
  if (source.chapAuthSession) await authenticate(session, 'node.session.auth', secrets);
  // It is logged in to anew by whoever needs it, not when the machine begins.
  await runProgram([...session, '-o', 'update', '-n', 'node.startup', '-v', 'manual']);
  await runProgram([...session, '--login'], { mayExit: [15] }); // 15: the session is there
}

/** CHAP by the keys that upstream's secrets of type kubernetes.io/iscsi-chap have. */
async function authenticate(command: readonly [string, ...string[]], prefix: string, secrets: Record<string, string>): Promise<void> {
  await runProgram([...command, '-o', 'update', '-n', `${prefix}.authmethod`, '-v', 'CHAP']);
  for (const key of ['username', 'password', 'username_in', 'password_in']) {
    const value = secrets[`${prefix}.${key}`];
    if (value) await runProgram([...command, '-o', 'update', '-n', `${prefix}.${key}`, '-v', value]);
  }
}

async function appearing(disk: string, { clock }: VolumeNode): Promise<string> {
  const untilMs = clock.monotonicMs() + APPEARS_MS;
  while (!existsSync(disk)) {
    if (clock.monotonicMs() > untilMs) throw new Error(`Could not attach disk: Timeout after ${APPEARS_MS / 1000}s`);
    await clock.sleep(LOOK_MS);
  }
  return realpathSync(disk);
}

async function logOut({ record: { source, volume } }: LeftVolume<'iscsi'>): Promise<void> {
  for (const portal of portalsOf(source)) {
    const session = ['iscsiadm', '-m', 'node', '-p', portal, '-T', source.iqn] as const;
    await runProgram([...session, '--logout'], { mayExit: [21] }); // 21: there is none
    await runProgram([...session, '-o', 'delete'], { mayExit: [21] });
  }
  const own = ownInterface(source, volume);
  if (own) await runProgram(['iscsiadm', '-m', 'iface', '-I', own, '-o', 'delete'], { mayExit: [6, 21] }); // 6: there is none
}
