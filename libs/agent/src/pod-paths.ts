import { join } from 'node:path';

/**
 * Where a pod's files lie on its node:
 *
 *   pods/<uid>/files/etc-hosts resolv.conf hostname <container>.<attempt>.termination    in memory, of a bounded size
 *              volumes/<volume>/  volume-subpaths/<volume>/<container>/<n>
 *              volume-records/<volume>.json                                         what was mounted as this volume
 *              logs/<container>/<attempt>.log[.<rotation>]
 *              final-status.json                                                    of a static pod that has ended: no API may tell it
 */
export class PodPaths {
  readonly dir: string;

  constructor(rootDir: string, uid: string) {
    this.dir = join(rootDir, 'pods', uid);
  }

  get files(): string {
    return join(this.dir, 'files');
  }
  get finalStatus(): string {
    return join(this.dir, 'final-status.json');
  }
  get hosts(): string {
    return join(this.files, 'etc-hosts');
  }
  get resolvConf(): string {
    return join(this.files, 'resolv.conf');
  }
  get hostname(): string {
    return join(this.files, 'hostname');
  }
  volume(name: string): string {
    return join(this.dir, 'volumes', name);
  }
  /** What of the volumes has to be taken away by what is known here, whatever the API still has. */
  get volumeRecords(): string {
    return join(this.dir, 'volume-records');
  }
  volumeRecord(name: string): string {
    return join(this.volumeRecords, `${name}.json`);
  }
  /** Where parts of volumes are bound for containers. */
  get subPaths(): string {
    return join(this.dir, 'volume-subpaths');
  }
  subPath(volume: string, container: string, index: number): string {
    return join(this.subPaths, volume, container, String(index));
  }
  termination(container: string, attempt: number): string {
    return join(this.files, `${container}.${attempt}.termination`);
  }
  /** Logs of all attempts, rotated ones too. */
  logs(container: string): string {
    return join(this.dir, 'logs', container);
  }
  log(container: string, attempt: number): string {
    return join(this.logs(container), `${attempt}.log`);
  }
}
