/*
 * Images, layers, snapshots and containers of one node. Each concern has a contract of its own beside this file
 * (`<concern>.contract.ts`): whoever streams logs need not know how images are built. Here are the words and the errors of all of them.
 *
 * Terms (OCI image-spec and runtime-spec spell them so)
 *  - **blob**: bytes named by their digest, in the content store.
 *  - **layer**: an immutable diff of the one below it. Stored once as a blob, unpacked once into a directory (`diffID`), shared.
 *  - **image**: a config and an ordered list of layers. Nothing in it changes after the build.
 *  - **snapshot**: a mountable stack: the unpacked layers of an image, read-only, and on top a writable upper directory that is born
 *    and dies with its container.
 *  - **bundle**: the directory that the OCI runtime starts a container from: `config.json` and `rootfs`.
 *  - **sandbox**: what the containers of a pod share: network, IPC and UTS namespaces, and the pod's cgroup.
 */

/** The closed set of runtime errors; the agent maps them to container waiting reasons. */
export class RuntimeError extends Error {
  constructor(
    readonly code:
      | 'invalid-image-name'
      | 'image-not-found'
      | 'registry-unavailable'
      | 'unauthorized'
      | 'destination-refused'
      | 'bad-image'
      | 'disk-full'
      | 'container-not-found'
      | 'start-failed'
      | 'exec-failed'
      | 'not-running'
      | 'still-here',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'RuntimeError';
  }
}
