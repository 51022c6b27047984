import type { AttachedVolume, Node, PersistentVolume, Pod, VolumeAttachment } from '#api/types';
import type { Plan } from '#controller-runtime/contract';
import { attachableName, attachmentName, isShareable, taintKeys } from '#objects';

export interface Seen {
  nodeName: string;
  /** undefined: it is gone. */
  node: Node | undefined;
  /** What pods of the node have of volumes that are attached. */
  wanted: readonly { volume: PersistentVolume; pod: Pod }[];
  /** Of this node. */
  attachments: readonly VolumeAttachment[];
  /** Of the wanted volumes, on other nodes. */
  elsewhere: readonly VolumeAttachment[];
}

export type Action =
  | { do: 'attach'; attachment: VolumeAttachment }
  | { do: 'detach'; attachment: VolumeAttachment }
  | { do: 'report'; node: Node; volumesAttached: AttachedVolume[] }
  | { do: 'say'; pod: Pod; type: 'Normal' | 'Warning'; reason: string; message: string };

/** How long a volume that another node still has is waited for, before it is looked at again. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Kubernetes, "Volumes", out-of-tree: a VolumeAttachment asks the driver's sidecar to attach a volume to a node, and its deletion to detach it.
 * A volume that a node says to have in use is never detached under it, unless the node is declared out of service (KEP-2268).
 */
export function reconcile(seen: Seen): Plan<Action> {
  const wantedNames = new Map(seen.wanted.map((each) => [nameOf(each.volume, seen.nodeName), each]));
  const present = new Map(seen.attachments.map((attachment) => [attachment.metadata.name ?? '', attachment]));
  const missing = [...wantedNames].filter(([name]) => !present.has(name)).map(([, each]) => each);
  const blocked = missing.filter(({ volume }) => isTaken(volume, seen));
  const actions: Action[] = [
    ...missing
      .filter((each) => !blocked.includes(each))
      .map(({ volume }): Action => ({ do: 'attach', attachment: newAttachment(volume, seen.nodeName) })),
    ...blocked.map(
      ({ volume, pod }): Action => ({ do: 'say', pod, type: 'Warning', reason: 'FailedAttachVolume', message: multiAttach(volume) }),
    ),
    ...seen.attachments
      .filter((attachment) => !wantedNames.has(attachment.metadata.name ?? '') && mayDetach(attachment, seen))
      .map((attachment): Action => ({ do: 'detach', attachment })),
    ...report(seen, wantedNames),
  ];
  return { actions, ...(blocked.length > 0 && { requeueAfterMs: LOOK_AGAIN_MS }) };
}

const nameOf = ({ spec: { csi } }: PersistentVolume, node: string): string => attachmentName(csi!.volumeHandle, csi!.driver, node);

const multiAttach = ({ metadata }: PersistentVolume): string =>
  `Multi-Attach error for volume "${metadata.name}" Volume is already exclusively attached to one node and can't be attached to another`;

const isTaken = (volume: PersistentVolume, { elsewhere }: Seen): boolean =>
  !isShareable(volume) && elsewhere.some(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name);

function newAttachment(volume: PersistentVolume, nodeName: string): VolumeAttachment {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: nameOf(volume, nodeName) },
    spec: { attacher: volume.spec.csi!.driver, nodeName, source: { persistentVolumeName: volume.metadata.name } },
  };
}

/** Others make VolumeAttachments too, under names of their own. */
const isOurs = ({ metadata }: VolumeAttachment): boolean => /^csi-[0-9a-f]{64}$/.test(metadata.name ?? '');

function mayDetach(attachment: VolumeAttachment, { node }: Seen): boolean {
  if (!isOurs(attachment) || attachment.metadata.deletionTimestamp) return false;
  if (!node || node.spec.taints?.some(({ key }) => key === taintKeys.outOfService)) return true;
  const inUse = node.status?.volumesInUse ?? [];
  const named = (node.status?.volumesAttached ?? []).find(({ devicePath }) => devicePath === attachment.metadata.name)?.name;
  return named === undefined ? inUse.length === 0 : !inUse.includes(named);
}

/** The Node shows what is attached to it, and pods are told when theirs is. */
function report({ node, attachments }: Seen, wanted: ReadonlyMap<string, Seen['wanted'][number]>): Action[] {
  if (!node) return [];
  const before = new Map((node.status?.volumesAttached ?? []).map((each) => [each.devicePath, each.name]));
  const after = attachments
    .filter(({ status }) => status?.attached)
    .flatMap((attachment): AttachedVolume[] => {
      const name = attachment.metadata.name ?? '';
      const csi = wanted.get(name)?.volume.spec.csi;
      const called = csi ? attachableName(csi.volumeHandle, csi.driver) : before.get(name);
      return called ? [{ name: called, devicePath: name }] : [];
    });
  const isSame = after.length === before.size && after.every(({ devicePath, name }) => before.get(devicePath) === name);
  if (isSame) return [];
  const fresh = after.filter(({ devicePath }) => !before.has(devicePath)).flatMap(({ devicePath }) => wanted.get(devicePath) ?? []);
  return [
    { do: 'report', node, volumesAttached: after.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
    ...fresh.map(
      ({ volume, pod }): Action => ({
        do: 'say',
        pod,
        type: 'Normal',
        reason: 'SuccessfulAttachVolume',
        message: `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `,
      }),
    ),
  ];
}
