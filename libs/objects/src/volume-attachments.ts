import type { CSIDriver, PersistentVolume } from '#api/types';
import { digestOf } from '#base';

/** The VolumeAttachment of a volume on a node, by upstream's rule: sidecars, nodes and the controller find it by this name. */
export const attachmentName = (handle: string, driver: string, node: string): string =>
  `csi-${digestOf(`${handle}${driver}${node}`).replace('sha256:', '')}`;

/** What a volume is called in `volumesInUse` and `volumesAttached` of a Node. */
export const attachableName = (handle: string, driver: string): string => `kubernetes.io/csi/${driver}^${handle}`;

/** A driver says by its CSIDriver that its volumes are on every node already; without one they are attached. */
export const isAttached = (driver: CSIDriver | undefined): boolean => driver?.spec.attachRequired !== false;

/** Several nodes may have it at a time. */
export const isShareable = ({ spec: { accessModes = [] } }: PersistentVolume): boolean =>
  accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
