import { ApiError } from '#api';
import type { CSIDriver, VolumeAttachment } from '#api/types';
import { attachmentName, resources } from '#objects';
import { PrepareError } from '../pod-steps/errors.ts';
import type { VolumeNode } from '../volumes/volume-plugin.ts';
import type { VolumeRecord } from '../volumes/volume-record.ts';

/** Somebody else attaches, and does not tell when. */
const LOOK_MS = 500;

/**
 * What the controller's part of the driver has said for the node's, once the volume is attached to this node. Throws until then. A driver
 * says by its CSIDriver that it has no such part; without one it has.
 */
export async function attachmentContext(
  { source, volume }: VolumeRecord<'csi'>,
  object: CSIDriver | undefined,
  { api, nodeName }: VolumeNode,
): Promise<Record<string, string>> {
  if (object?.spec.attachRequired === false) return {};
  const name = attachmentName(source.handle, source.driver, nodeName);
  const waiting = (why: string): PrepareError =>
    new PrepareError('FailedMount', `MountVolume.WaitForAttach failed for volume "${volume}" : ${why}`, {
      cause: undefined,
      retryMs: LOOK_MS,
    });
  const attachment = await api.get<VolumeAttachment>({ resource: resources.volumeAttachments, name }).catch((err: unknown) => {
    if (err instanceof ApiError && err.code === 404) return undefined;
    throw waiting(
      `volume ${source.handle} has GET error for volume attachment ${name}: ${err instanceof Error ? err.message : String(err)}`,
    );
  });
  if (attachment?.metadata.deletionTimestamp) throw waiting('volume attachment is being deleted');
  if (attachment?.status?.attached) return attachment.status.attachmentMetadata ?? {};
  const failed = attachment?.status?.attachError?.message;
  throw waiting(failed ?? `timed out waiting for external-attacher of ${source.driver} CSI driver to attach volume ${source.handle}`);
}
