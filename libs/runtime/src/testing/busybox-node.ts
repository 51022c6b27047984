import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, systemClock, systemRandom } from '#base';
import { silentLogger } from '#telemetry';
import type { ContainerSpec } from '../containers.contract.ts';
import { NodeContainers } from '../containers/node-containers.ts';
import { readMounts } from '../host/index.ts';
import type { Image } from '../images.contract.ts';
import { SyncJournal } from '../content/sync-journal.ts';
import { LayerStore } from '../layers/layer-store.ts';
import { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts';
import { archive, type EntrySpec, sha256 } from './archives.ts';

const applets = ['sh', 'sleep', 'cat', 'id', 'true', 'stty', 'hostname', 'head', 'dd', 'tail', 'kill', 'ls', 'tr'];

/** One layer, from scratch: busybox, two users, and a directory for a volume. */
const busybox = (): EntrySpec[] => [
  { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
  ...applets.map((applet): EntrySpec => ({ path: `bin/${applet}`, type: 'symlink', linkPath: 'busybox' })),
  { path: 'data/seed', content: 'from the image' },
  { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/srv:/bin/sh\n' },
  { path: 'etc/group', content: 'root:x:0:\nweb:x:34:\nextra:x:50:web\n' },
];

/**
 * A program `crun` in a directory: a hybrid host's unified hierarchy makes crun refuse v1; nodes have theirs taken away in their own mount
 * namespace.
 */
export function plainHierarchyCrun(directory: string): string {
  const program = join(directory, 'crun');
  writeFileSync(
    program,
    '#!/bin/sh\nexec unshare --mount --propagation unchanged -- sh -c \'mount --make-rprivate /sys/fs/cgroup; umount /sys/fs/cgroup/unified 2>/dev/null; exec /usr/bin/crun "$@"\' crun "$@"\n',
  );
  chmodSync(program, 0o755);
  return program;
}

/** A node in a directory of its own, with crun, conmon, overlay mounts, and one image. Needs root. */
export class BusyboxNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'containers-'));
  /** Of this node's control groups. */
  readonly cgroup = `/berth-spec-${process.pid}-${this.dir.slice(-6)}`;
  private snapshots!: OverlaySnapshotter;
  private layer!: Digest;

  /** Unpacks the image; the runtime itself is opened by `open`, as often as a spec wants. */
  static async make(): Promise<BusyboxNode> {
    const node = new BusyboxNode();
    await node.unpack();
    return node;
  }

  private async unpack(): Promise<void> {
    const layers = new LayerStore(join(this.dir, 'images'), systemRandom, new SyncJournal(this.dir));
    await layers.open();
    const tar = archive(busybox());
    this.layer = sha256(tar);
    await layers.unpack(
      this.layer,
      (async function* () {
        yield tar;
      })(),
    );
    this.snapshots = new OverlaySnapshotter({ rootDir: join(this.dir, 'snapshots'), layers, logger: silentLogger });
    await this.snapshots.open();
    plainHierarchyCrun(this.dir);
  }

  open(): Promise<NodeContainers> {
    return NodeContainers.open({
      rootDir: join(this.dir, 'node'),
      snapshotter: this.snapshots,
      clock: systemClock,
      logger: silentLogger,
      crun: join(this.dir, 'crun'),
    });
  }

  image(config: Image['config']['config'] = {}): Image {
    return {
      id: `sha256:${'0'.repeat(64)}`,
      names: [],
      repoDigests: [],
      config: { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [this.layer] } },
      diffIds: [this.layer],
      sizeBytes: 0,
    };
  }

  logPath(id: string): string {
    return join(this.dir, `${id}.log`);
  }

  container(id: string, sandboxId: string, more: Partial<ContainerSpec> & Pick<ContainerSpec, 'args'>): ContainerSpec {
    return {
      id,
      sandboxId,
      name: 'main',
      labels: {},
      image: this.image(),
      env: ['GREETING=hello'],
      cwd: '/',
      user: '',
      mounts: [],
      resources: {},
      readonlyRootfs: false,
      privileged: false,
      capabilities: { add: [], drop: [] },
      noNewPrivileges: false,
      seccomp: 'default',
      pidNamespace: 'container',
      tty: false,
      stdin: false,
      logPath: this.logPath(id),
      ...more,
    };
  }

  /** After the last runtime of it is closed. Throws when a mount is left. */
  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
    execFileSync('sh', ['-c', `find /sys/fs/cgroup -depth -type d -path '*${this.cgroup}*' -exec rmdir {} + || true`]);
    const left = readMounts().filter((m) => m.target.startsWith(this.dir));
    if (left.length > 0) throw new Error(`mounts left: ${JSON.stringify(left)}`);
  }
}
