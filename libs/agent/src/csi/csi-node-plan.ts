import type { CSINode, CSINodeDriver, Node } from '#api/types';
import { lookUp } from '#base';
import type { CsiDriverHere } from './csi-drivers.ts';

/** What a node is known as to its drivers, in an annotation of the Node. */
const NODE_ID_ANNOTATION = 'csi.volume.kubernetes.io/nodeid';

/** A node without drivers. It goes with its Node. */
export function newCsiNode({ metadata: { name, uid = '' } }: Node): CSINode {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: name ?? '', uid }] },
    spec: { drivers: [] },
  };
}

/** The drivers of a CSINode with this one as it is now. */
export function withDriver(drivers: readonly CSINodeDriver[], { name, nodeId, topology, maxVolumes }: CsiDriverHere): CSINodeDriver[] {
  const entry: CSINodeDriver = {
    name,
    nodeID: nodeId,
    topologyKeys: Object.keys(topology).toSorted(),
    ...(maxVolumes > 0 && { allocatable: { count: maxVolumes } }),
  };
  return [...withoutDriver(drivers, name), entry];
}

export const withoutDriver = (drivers: readonly CSINodeDriver[], name: string): CSINodeDriver[] =>
  drivers.filter((driver) => driver.name !== name);

/**
 * What changes of the Node with a driver: where it says the node is becomes labels, and the driver's name for the node an annotation. Throws
 * where a label says something else: volumes were made by it.
 */
export function nodeChange({ metadata }: Node, { name, nodeId, topology }: CsiDriverHere): object {
  for (const [key, value] of Object.entries(topology)) {
    const present = lookUp(metadata.labels, key);
    if (present !== undefined && present !== value)
      throw new Error(`detected topology value collision: driver reported "${key}":"${value}" but existing label is "${key}":"${present}"`);
  }
  const ids = { ...readIds(metadata.annotations), [name]: nodeId };
  return { metadata: { labels: { ...topology }, annotations: { [NODE_ID_ANNOTATION]: JSON.stringify(ids) } } };
}

/** Somebody may have written anything there. */
function readIds(annotations: Record<string, string> | undefined): Record<string, string> {
  const text = lookUp(annotations, NODE_ID_ANNOTATION);
  try {
    const ids: unknown = JSON.parse(text ?? '{}');
    return ids && typeof ids === 'object' ? (ids as Record<string, string>) : {};
  } catch {
    return {}; // no JSON: begun anew
  }
}
