import { join } from 'node:path';

/**
 * Where the containers of a node are kept:
 *
 *   sandboxes/<id>/sandbox.json net ipc uts shm/
 *   containers/<id>/container.json   what was asked for
 *                   config.json      OCI runtime-spec
 *                   rootfs/ volumes/ the mounted snapshot; volumes of the image
 *                   pid conmon.pid ctl attach   made by conmon
 *                   started.json paused.json exit.json oom
 *   exits/<id>                       exit codes, written by conmon
 *   crun/                            the OCI runtime's own state
 */
export class NodePaths {
  constructor(readonly root: string) {}

  readonly sandboxes = join(this.root, 'sandboxes');
  readonly containers = join(this.root, 'containers');
  readonly exits = join(this.root, 'exits');
  readonly crun = join(this.root, 'crun');

  /** `net`, `ipc` and `uts` are bind mounts of the namespaces; `shm` is what the containers have at /dev/shm. */
  sandbox(id: string): { dir: string; state: string; net: string; ipc: string; uts: string; shm: string; pid: string; pausePid: string } {
    const dir = join(this.sandboxes, id);
    return {
      dir,
      state: join(dir, 'sandbox.json'),
      net: join(dir, 'net'),
      ipc: join(dir, 'ipc'),
      uts: join(dir, 'uts'),
      shm: join(dir, 'shm'),
      pid: join(dir, 'pid'),
      pausePid: join(dir, 'pause.pid'),
    };
  }

  bundle(id: string): BundlePaths {
    const dir = join(this.containers, id);
    return {
      dir,
      state: join(dir, 'container.json'),
      config: join(dir, 'config.json'),
      rootfs: join(dir, 'rootfs'),
      volumes: join(dir, 'volumes'),
      pidFile: join(dir, 'pid'),
      conmonPidFile: join(dir, 'conmon.pid'),
      started: join(dir, 'started.json'),
      paused: join(dir, 'paused.json'),
      exit: join(dir, 'exit.json'),
      oom: join(dir, 'oom'),
      control: join(dir, 'ctl'),
      exitCode: join(this.exits, id),
    };
  }
}

/** `exitCode` and `pidFile` are written by conmon; `exit` is ours, and counts before `exitCode`. */
export interface BundlePaths {
  dir: string;
  state: string;
  config: string;
  rootfs: string;
  volumes: string;
  pidFile: string;
  conmonPidFile: string;
  started: string;
  paused: string;
  exit: string;
  oom: string;
  control: string;
  exitCode: string;
}
