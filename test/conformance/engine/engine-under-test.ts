import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree, systemClock, systemRandom } from '#base';
import { builderOf, changedConfig } from '#builder';
import { Engine, EngineServer, endpoints } from '#engine';
import { fakeLinks } from '#engine/testing';
import { raiseLoopback } from '#network';
import { CrunBuildRunner, NodeContainers, openImages, readLog, volumeMounts } from '#runtime';
import { archive, type EntrySpec, plainHierarchyCrun } from '#runtime/testing';
import { silentLogger } from '#telemetry';
import { send } from './replay.ts';

export interface EngineUnderTest {
  socket: string;
  /** The image of the tests. */
  importImage(name: string): Promise<void>;
  close(): Promise<void>;
}

/** An engine on a real runtime, on a socket of its own. Its containers have their loopback, and an address that leads nowhere. */
export async function openEngine(): Promise<EngineUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'engine-'));
  const crun = plainHierarchyCrun(directory);
  const cgroupRoot = `/berth-engine-${process.pid}`;
  const { images, building, snapshots, filesystems, archives } = await openImages({
    rootDir: join(directory, 'images'),
    snapshotsDir: join(directory, 'snapshots'),
    logger: silentLogger,
  });
  const runtime = await NodeContainers.open({
    rootDir: join(directory, 'node'),
    snapshotter: snapshots,
    clock: systemClock,
    logger: silentLogger,
    crun,
  });
  const runner = new CrunBuildRunner({ building, workDir: join(directory, 'runs') });
  const links = fakeLinks({ attached: new Map(), published: [] });
  const attach: typeof links.bridges.attach = ({ netnsPath }) => raiseLoopback(netnsPath);
  const engine = await Engine.open({
    name: 'vm',
    rootDir: join(directory, 'engine'),
    cgroupRoot,
    runtime,
    images,
    building,
    filesystems,
    archives,
    registries: images.registries,
    changed: changedConfig,
    mounts: volumeMounts,
    logs: { read: readLog },
    builder: builderOf({ images, building, runner, cacheDir: join(directory, 'cache') }),
    links: { ...links, bridges: { ...links.bridges, attach }, loopback: raiseLoopback },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  const socket = join(directory, 'docker.sock');
  const server = await EngineServer.listen({ socket, endpoints, engine, logger: silentLogger });
  return {
    socket,
    async importImage(name) {
      const [repository, tag] = name.split(':');
      const path = `/images/create?fromSrc=-&repo=${repository}&tag=${tag}`;
      const { status, bytes } = await send(socket, { method: 'POST', path, content: rootFileSystem(), type: 'application/x-tar' });
      if (status !== 200) throw new Error(`the image was not imported: ${bytes.toString()}`);
    },
    async close() {
      await server.close();
      for (const record of engine.containers.book.list()) await engine.containers.remove(record, { force: true, volumes: true });
      engine.close();
      await runtime.close();
      await removeTree(directory);
      execFileSync('sh', ['-c', `find /sys/fs/cgroup -depth -type d -path '*${cgroupRoot}*' -exec rmdir {} + || true`]);
    },
  };
}

const applets = ['sh', 'cat', 'echo', 'env', 'head', 'id', 'ls', 'mkdir', 'rm', 'sleep', 'true'];

/** A root file system as an archive: busybox with its applets, users, and a folder for what is temporary. */
export function rootFileSystem(): Buffer {
  const entries: EntrySpec[] = [
    { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
    ...applets.map((applet): EntrySpec => ({ path: `bin/${applet}`, type: 'symlink', linkPath: 'busybox' })),
    { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n' },
    { path: 'etc/group', content: 'root:x:0:\naudio:x:29:web\nweb:x:1000:\n' },
    { path: 'tmp', type: 'directory', mode: 0o1777 },
  ];
  return archive(entries);
}
