/**
 * The built-in storage: directories of nodes. The controller makes a PersistentVolume of type `local` for a claim, with this label and
 * finalizer; the node that it names makes the directory before it is first mounted, and takes it away before the finalizer goes.
 */
export const localStorage = {
  /** Of the StorageClass, and in `pv.kubernetes.io/provisioned-by`. */
  provisioner: 'local.storage.berth.io',
  /** Annotation of a Node: below which directory its volumes lie. A Node without it has no such storage. */
  pathAnnotation: 'local.storage.berth.io/path',
  /** Of a PersistentVolume: the directory is there, or may be. */
  finalizer: 'local.storage.berth.io/directory',
  /** Label of a PersistentVolume: the node that has the directory. By it a node lists and watches what is its own. */
  nodeLabel: 'local.storage.berth.io/node',
} as const;
