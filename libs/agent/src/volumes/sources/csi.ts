import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CSIDriver, PersistentVolume } from '#api/types';
import { csi } from '#proto';
import { attachmentContext } from '../../csi/csi-attachment.ts';
import type { CsiDriverHere } from '../../csi/csi-drivers.ts';
import { accessModeOf, driverObject, fsGroupIsGiven, podContext, secretData, tokenContext } from '../../csi/csi-requests.ts';
import type { HostNode, Upkeep, VolumeNode } from '../volume-plugin.ts';
import { recordsOfNode, type VolumeRecord } from '../volume-record.ts';
import { removePlaces, unbind } from './bind.ts';
import type { LeftVolume, MountedVolume, SourcePlugin } from './source-plugin.ts';

/** How often a driver that asks for it is told to publish again (`requiresRepublish`). */
const REPUBLISH_MS = 60_000;

/**
 * Container Storage Interface: a volume is staged once on a node and published for each pod, by its driver. What is asked of a driver may be
 * asked again, so a new agent asks again instead of knowing how far the last one came.
 */
export const csiSource: SourcePlugin<'csi'> = {
  kind: 'csi',
  async setUp(volume, node) {
    const { source } = volume.record;
    const driver = driverOf(volume, node, 'mounter.SetUpAt');
    const object = await driverObject(source.driver, node);
    checkLifecycle(volume.record, object);
    const publishContext = source.isInline ? {} : await attachmentContext(volume.record, object, node);
    return node.csi.volumes.run(source.handle, async () => {
      if (isStaged(volume, driver)) await stage(volume, driver, { node, publishContext });
      return publish(volume, driver, { node, publishContext, object });
    });
  },
  async refresh(volume, node) {
    const object = await driverObject(volume.record.source.driver, node);
    if (!object?.spec.requiresRepublish) return undefined;
    const driver = driverOf(volume, node, 'mounter.SetUpAt');
    const publishContext = volume.record.source.isInline ? {} : await attachmentContext(volume.record, object, node);
    return node.csi.volumes.run(volume.record.source.handle, () => publish(volume, driver, { node, publishContext, object }));
  },
  boundAt: ({ record }, node) => node.csi.paths.owned(targetOf(record, node)),
  device: ({ record }, node) => node.csi.paths.owned(targetOf(record, node)),
  async ownsFiles({ record }, node) {
    const { source } = record;
    if (node.csi.get(source.driver).capabilities.has('VOLUME_MOUNT_GROUP')) return false; // the driver does
    return fsGroupIsGiven(record, await driverObject(source.driver, node));
  },
  async expand(volume, bytes, node) {
    const { record } = volume;
    const driver = driverOf(volume, node, 'Expander.NodeExpand');
    if (!driver.capabilities.has('EXPAND_VOLUME')) return;
    await driver.client.nodeExpandVolume({
      volumeId: record.source.handle,
      volumePath: targetOf(record, node),
      capacityRange: { requiredBytes: BigInt(bytes), limitBytes: 0n },
      stagingTargetPath: isStaged(volume, driver) ? stagingOf(record, node) : '',
      volumeCapability: capabilityOf(volume, driver),
      secrets: await secretData(record.source.nodeExpandSecretRef, node),
    });
  },
  async tearDown(volume, node) {
    const { source } = volume.record;
    const driver = driverOf(volume, node, 'mounter.TearDownAt');
    await node.csi.volumes.run(source.handle, async () => {
      await unpublish(volume, driver, node);
      if (!source.isInline && !isUsedByOthers(volume.record, node)) await unstage(volume, driver, node);
    });
  },
};

interface PublishInput {
  node: VolumeNode;
  publishContext: Record<string, string>;
  object?: CSIDriver;
}

function driverOf({ record }: LeftVolume<'csi'>, node: HostNode, step: string): CsiDriverHere {
  try {
    return node.csi.get(record.source.driver);
  } catch (err) {
    throw new Error(`kubernetes.io/csi: ${step} failed to get CSI client: ${(err as Error).message}`, { cause: err });
  }
}

function checkLifecycle({ source }: VolumeRecord<'csi'>, object: CSIDriver | undefined): void {
  const wanted = source.isInline ? 'Ephemeral' : 'Persistent';
  const modes = object?.spec.volumeLifecycleModes ?? ['Persistent'];
  if (modes.includes(wanted)) return;
  const only = modes.map((mode) => JSON.stringify(mode)).join(' ');
  throw new Error(`kubernetes.io/csi: volume mode "${wanted}" not supported by driver ${source.driver} (only supports [${only}])`);
}

const isBlock = ({ mode }: VolumeRecord): boolean => mode === 'Block';

const isStaged = ({ record }: LeftVolume<'csi'>, { capabilities }: CsiDriverHere): boolean =>
  !record.source.isInline && capabilities.has('STAGE_UNSTAGE_VOLUME');

const stagingOf = (record: VolumeRecord<'csi'>, { csi: { paths } }: HostNode): string =>
  paths.staging({ driver: record.source.driver, handle: record.source.handle, volume: record.volume, isBlock: isBlock(record) });

const targetOf = (record: VolumeRecord<'csi'>, { csi: { paths } }: HostNode): string =>
  paths.target({ uid: record.pod.uid, volume: record.volume, isBlock: isBlock(record) });

function capabilityOf({ record, pod }: MountedVolume<'csi'>, { capabilities }: CsiDriverHere): csi.VolumeCapability {
  const mode = csi.VolumeCapability_AccessMode_Mode[accessModeOf(record.accessModes[0], capabilities.has('SINGLE_NODE_MULTI_WRITER'))];
  const fsGroup = capabilities.has('VOLUME_MOUNT_GROUP') ? pod.spec.securityContext?.fsGroup : undefined;
  return {
    accessMode: { mode },
    accessType: isBlock(record)
      ? { $case: 'block', value: {} }
      : {
          $case: 'mount',
          value: {
            fsType: record.source.fsType ?? '',
            mountFlags: record.mountOptions,
            volumeMountGroup: fsGroup === undefined ? '' : String(fsGroup),
          },
        },
  };
}

async function stage(volume: MountedVolume<'csi'>, driver: CsiDriverHere, { node, publishContext }: PublishInput): Promise<void> {
  const { source } = volume.record;
  const staging = stagingOf(volume.record, node);
  await mkdir(node.csi.paths.owned(staging), { recursive: true, mode: 0o750 });
  await driver.client.nodeStageVolume({
    volumeId: source.handle,
    publishContext,
    stagingTargetPath: staging,
    volumeCapability: capabilityOf(volume, driver),
    secrets: await secretData(source.nodeStageSecretRef, node),
    volumeContext: source.attributes,
  });
}

async function publish(volume: MountedVolume<'csi'>, driver: CsiDriverHere, input: PublishInput): Promise<Upkeep> {
  const { record, pod } = volume;
  const { node, publishContext, object } = input;
  const { source } = record;
  const target = targetOf(record, node);
  // The target itself is the driver's to make (CSI, NodePublishVolume).
  await mkdir(dirname(node.csi.paths.owned(target)), { recursive: true, mode: 0o750 });
  const { tokens, renewAtMs } = await tokenContext(pod, object, node);
  const inSecrets = object?.spec.serviceAccountTokenInSecrets === true;
  await driver.client.nodePublishVolume({
    volumeId: source.handle,
    publishContext,
    stagingTargetPath: isStaged(volume, driver) ? stagingOf(record, node) : '',
    targetPath: target,
    volumeCapability: capabilityOf(volume, driver),
    readonly: record.readOnly,
    secrets: { ...(await secretData(source.nodePublishSecretRef, node)), ...(inSecrets && tokens) },
    volumeContext: { ...source.attributes, ...podContext(pod, record, object), ...(!inSecrets && tokens) },
  });
  if (!object?.spec.requiresRepublish) return {};
  return { renewAtMs: Math.min(node.clock.now().getTime() + REPUBLISH_MS, renewAtMs ?? Number.POSITIVE_INFINITY) };
}

async function unpublish({ record }: LeftVolume<'csi'>, driver: CsiDriverHere, node: HostNode): Promise<void> {
  const target = targetOf(record, node);
  await driver.client.nodeUnpublishVolume({ volumeId: record.source.handle, targetPath: target });
  // Drivers are to take the target away, and some leave it.
  const own = node.csi.paths.owned(target);
  await unbind(own, node);
  await removePlaces(dirname(own), node.csi.paths.own);
}

function isUsedByOthers(record: VolumeRecord<'csi'>, { rootDir }: HostNode): boolean {
  return recordsOfNode(rootDir).some(
    (other) =>
      other.kind === 'csi' &&
      (other as VolumeRecord<'csi'>).source.driver === record.source.driver &&
      (other as VolumeRecord<'csi'>).source.handle === record.source.handle &&
      other.pod.uid !== record.pod.uid,
  );
}

async function unstage(volume: LeftVolume<'csi'>, driver: CsiDriverHere, node: HostNode): Promise<void> {
  const { record } = volume;
  if (!isStaged(volume, driver)) return;
  const staging = stagingOf(record, node);
  const own = node.csi.paths.owned(staging);
  if (!existsSync(own)) return; // it never was, or no longer is
  await driver.client.nodeUnstageVolume({ volumeId: record.source.handle, stagingTargetPath: staging });
  await unbind(own, node);
  await removePlaces(dirname(own), node.csi.paths.own);
}

/** What a PersistentVolume says for its driver. */
export function csiOfVolume({ spec }: PersistentVolume): VolumeRecord<'csi'>['source'] {
  const { driver, volumeHandle, fsType, volumeAttributes = {}, nodeStageSecretRef, nodePublishSecretRef, nodeExpandSecretRef } = spec.csi!;
  return {
    driver,
    handle: volumeHandle,
    isInline: false,
    attributes: volumeAttributes,
    ...(fsType && { fsType }),
    ...(nodeStageSecretRef && { nodeStageSecretRef }),
    ...(nodePublishSecretRef && { nodePublishSecretRef }),
    ...(nodeExpandSecretRef && { nodeExpandSecretRef }),
  };
}
