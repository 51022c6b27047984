import { createHash } from 'node:crypto';
import { join } from 'node:path';

/**
 * Where drivers find things on a node. Published drivers are told of `/var/lib/kubelet` when they are built, so that is what a node's own
 * folder is seen as in its mount namespace: a path below `seen` is the same place as below `own`.
 *
 *   plugins_registry/<socket>                                            where a driver makes itself known
 *   plugins/<driver>/csi.sock                                            and serves its calls, by its own choice
 *   plugins/kubernetes.io/csi/<driver>/<sha256 of the handle>/globalmount
 *   plugins/kubernetes.io/csi/volumeDevices/{staging,publish}/<volume>
 *   pods/<uid>/volumes/kubernetes.io~csi/<volume>/mount
 */
export class CsiPaths {
  readonly own: string;

  constructor(
    rootDir: string,
    /** As drivers name it. */
    readonly seen = '/var/lib/kubelet',
  ) {
    this.own = join(rootDir, 'kubelet');
  }

  get registry(): string {
    return join(this.own, 'plugins_registry');
  }

  /** The same place by our own name. */
  owned(path: string): string {
    return path.startsWith(`${this.seen}/`) ? join(this.own, path.slice(this.seen.length)) : path;
  }

  staging({ driver, handle, volume, isBlock }: { driver: string; handle: string; volume: string; isBlock: boolean }): string {
    const csi = join(this.seen, 'plugins', 'kubernetes.io', 'csi');
    return isBlock ? join(csi, 'volumeDevices', 'staging', volume) : join(csi, driver, sha256(handle), 'globalmount');
  }

  target({ uid, volume, isBlock }: { uid: string; volume: string; isBlock: boolean }): string {
    return isBlock
      ? join(this.seen, 'plugins', 'kubernetes.io', 'csi', 'volumeDevices', 'publish', volume, uid)
      : join(this.seen, 'pods', uid, 'volumes', 'kubernetes.io~csi', volume, 'mount');
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a driver is told as the handle of a volume that ends with its pod. */
export const inlineHandle = (podUid: string, volume: string): string => `csi-${sha256(podUid + volume)}`;
