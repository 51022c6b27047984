import { join } from 'node:path';

/**
 * Where a pod's files lie on its node:
 *
 *   pods/<uid>/etc-hosts resolv.conf hostname
 *              volumes/<volume>/  volume-subpaths/<volume>/<container>/<n>
 *              containers/<container>/<attempt>.termination
 *              logs/<container>/<attempt>.log[.<rotation>]
 */
export class PodPaths {
  readonly dir: string;

  constructor(rootDir: string, uid: string) {
    this.dir = join(rootDir, 'pods', uid);
  }

  get hosts(): string {
    return join(this.dir, 'etc-hosts');
  }
  get resolvConf(): string {
    return join(this.dir, 'resolv.conf');
  }
  get hostname(): string {
    return join(this.dir, 'hostname');
  }
  volume(name: string): string {
    return join(this.dir, 'volumes', name);
  }
  subPath(volume: string, container: string, index: number): string {
    return join(this.dir, 'volume-subpaths', volume, container, String(index));
  }
  termination(container: string, attempt: number): string {
    return join(this.dir, 'containers', container, `${attempt}.termination`);
  }
  log(container: string, attempt: number): string {
    return join(this.dir, 'logs', container, `${attempt}.log`);
  }
}
